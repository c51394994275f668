"""Products with a packed matrix, as machine code of our own.

tile_shape     how the registers of this processor are filled
ir_builder     loops, pointers, vectors of LLVM IR
microkernel    one tile of C = A @ panel
packing        a matrix into panels
loops          the loops around the tiles
entry          the same for callers from Python
library        object code, made once, called by symbol
"""
