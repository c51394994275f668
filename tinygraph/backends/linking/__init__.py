"""Linking: from a graph's tasks and one set of sizes to a frame of bound calls.

linked_program   a graph as tasks that are linked for the sizes of a call, and run
tasks            what a task is, and what is known of a list of them
linker           records bound calls, and makes a frame of them
values           where the value of each node is found: placed, late, known
memory           blocks of the arena, and the nodes that stand in them
arena            memory handed out, taken back and handed out again
recycling        arrays for callers, used again once they are let go of
frames           a program linked for one set of sizes
frame_pool       frames kept for later calls
"""
