"""The NumPy backend: a flat list of bound kernels, and a generated program per loop.

program           the program of a graph
tasks             a node or a loop as a task
vectorised        what runs once, all steps together
over_time         an op over all T steps of its operands
rules             which op has a call of its own for all steps
rules_products    products and collections as one call on flat rows
rules_indexing    one element a row: take and put along an axis
kernels           kernels that write into a given array
loops, codegen    a loop as generated source, one kernel call a line
workspace         where the members of a loop live, step by step
source            the generated source as text
"""
