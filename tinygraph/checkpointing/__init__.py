"""Checkpointing: a graph run window by window of its steps, to keep fewer values.

A window is a stretch of steps that is run at once. In reading order:

policy            what `memory=` asks for, and the program that keeps to it
sweeps, stages    which passes over the windows compute what (`stage_set`: their sets)
in_windows, replicate   what a window cannot compute alone, made of other ops
partition         the graphs that are run for each window and between the sweeps
plan              all of these together, and how many bytes they need
footprint         the bytes that one graph needs
lengths           how many steps a window has
program, execution   a call: window by window, values handed on and put together
"""
