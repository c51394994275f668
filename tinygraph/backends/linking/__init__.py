"""Linking: from a program and one set of sizes to a frame of bound calls.

linker       places values, and records the calls on them
arena        memory handed out, taken back and handed out again
frames       a program linked for one set of sizes
frame_pool   frames kept for later calls
"""
