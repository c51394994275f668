"""Functions of single numbers that generated code calls.

expressions     elementwise op → text of generated code
ir_values       numbers of LLVM IR with Python's operators
logarithms      formulas of log, log1p
exponentials    formulas of exp, tanh, sigmoid, softplus
comparisons     formulas of what NumPy and LLVM understand differently: max, //, sign
ir_loops        loops in LLVM IR
random_bits     random bits by counter, one by one and in rows
random          formulas of random numbers, each of some bits
formulas        the functions in the text, by name
"""
