"""From a region to the source of its function.

functions   a generated function: its source and its arguments
scope       reads and writes of single elements
writer      the source
random      random numbers, one element at a time
python      the names of generated code, run as plain Python
"""
