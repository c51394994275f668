"""The schedule in words, and where numbers go wrong.

report        explain
costs         FLOPs and bytes of a node
formulas      names of nodes, and what they are made of
memory        what `memory=` does to a graph
diagnostics   gradient_flow: norms by node and step; first_nonfinite
"""
