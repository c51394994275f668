"""The native backend: loops and what stands beside them as generated, native code.

The graph is lowered to simple ops, cut into regions (a cycle, or elementwise work
beside one), each region becomes one function of generated code, and the functions one
object file, cached on disk.

kernels    functions of single numbers
gemm       products with a packed matrix
ir         statements, loop nests, storage; one rule per op
fusion     which nodes run in one function
codegen    from a region to the source of its function
frontend   from source to LLVM IR
machine    from source to machine code, and the calls of it
tasks      what runs, in order: functions, and what NumPy runs between them
program    the whole
"""
