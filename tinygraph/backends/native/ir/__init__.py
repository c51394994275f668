"""Loop nests: what generated code computes, before it is written.

lowering     composite ops taken apart into maps and folds
indices      index of the result → index of an operand
statements   a node as loop nests
regions      per-step nodes that one function runs
nests        which statements share loops
values       what a statement computes at one index
storage      where each node of a region lives
sharding     which regions may run row by row on several threads
"""
