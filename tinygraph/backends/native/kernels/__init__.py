"""Functions of single numbers that generated code calls.

expressions     elementwise op → text of generated code
ir_values       numbers of LLVM IR with Python's operators
logarithms      formulas of log, log1p
exponentials    formulas of exp, tanh, sigmoid, softplus
comparisons     formulas of what NumPy and LLVM understand differently: max, //, sign
random          formulas of random numbers
formulas        the functions in the text, by name
"""
