"""Which nodes run in one function.

groups     where nodes stand while they are gathered
grouping   a cycle, or elementwise work beside it
moves      from group to group: to where what a node reads is computed
"""
