"""Functions of single numbers that generated code calls.

expressions     elementwise op → text of generated code
python_names    the functions in the text, as Python
ir_values       numbers of LLVM IR with Python's operators
logarithms      formulas of log, log1p
exponentials    formulas of exp, tanh, sigmoid, softplus
comparisons     formulas of what NumPy and LLVM understand differently: max, //, sign
intrinsics      the functions in the text, for numba, made of the formulas
"""
