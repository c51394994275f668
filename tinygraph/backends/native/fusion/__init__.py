"""Which nodes run in one function.

groups     groups of nodes, while they are gathered
moves      from group to group: to where what a node reads is computed
grouping   from a schedule to groups: a cycle, or elementwise work beside it
"""
