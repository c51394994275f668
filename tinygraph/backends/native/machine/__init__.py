"""From source to machine code, and the calls of it.

compiler      generated functions → one object file
cache         object files on disk
loader        object files in memory
marshalling   arguments as one array of numbers
products      large products outside regions
call          one region linked for one set of sizes
"""
