"""The compiler's front end: from the source of functions to LLVM IR.

A typed compiler for the small part of Python that generated code is written in: loops
over ranges, tests, numbers of NumPy's dtypes, elements and rows of arrays. Every type
and every length is known, no index is negative, so the IR is lean: no checks, no
reference counts, no strides but products of lengths.

scalars       types of numbers, values, conversions
assembly      lines of IR: instructions, blocks, names
places        indices: int64 arithmetic that does not overflow
views         arrays and rows of them: a pointer, lengths, distances
vector_calls  long formulas as calls that the loop vectoriser makes calls of vectors
runtime       functions of single numbers, as IR, made once
calls         calls of functions
expressions   numbers: arithmetic, comparisons, elements
outlining     row loops of large functions as functions of their own
statements    assignments, loops, tests
functions     one function and its entry point
module        all functions of a program as one module
"""
