"""What generated code calls: elementwise functions and products.

expressions     op → text of generated code
scalars         its names, for numba: intrinsics from the formulas of exponentials,
                logarithms, choices, written with emitting
plain           its names, for Python
products        pack and product, for numba: calls into the library
library         the products' object code: tiles, driving and packing, written with
                writing, in the shapes of this processor
"""
