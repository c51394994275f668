"""The numba backend: loops and what stands beside them as generated, native code.

The graph is lowered to simple ops, cut into regions (a cycle, or elementwise work
beside one), each region becomes one Python function, and the functions one object
file, kept on disk.
"""
