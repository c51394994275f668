"""Loop nests: what generated code computes, before it is written.

indices      index of the result → index of an operand
statements   a node as statements: loops of a kind, and what they read and write
values       what the statements of single ops compute at one index
composites   softmax and the like in terms of maps and reductions
rules        one rule per op: the table of what native code knows of ops
lowering     a graph without composite ops
regions      per-step nodes that one function runs
nests        which statements share loops
storage      where each node of a region lives
collapsing   loops over rows one after another, as one loop
sharding     which regions may run row by row on several threads
"""
