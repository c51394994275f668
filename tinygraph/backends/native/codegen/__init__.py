"""From a region to the source of its function.

functions   a generated function: its source and its arguments
text        lines of Python: nested statements, loops, comments
builder     a function while it is written: arguments, first lines, names
scope       reads and writes of single elements in the body of a row loop
writer      from a region to the source
"""
