"""Samples of the ops that work element by element."""

from tinygraph.testing.op_samples.model import Operand, Uses

X = Operand
USES = use = Uses()
SHAPES = (("batch", 3), (), (3,), (2, 1, 3), (2, 1, 3, 2))
PAIRS = (
    (("batch", 3), ("batch", 3)),
    ((), (2, 3)),
    (("batch", 3), (3,)),
    ((2, 1, 3), (2, 3)),
    ((3, 1, 2), (1, 2, 2)),
    ((2, 1, 3, 1), (3, 2)),
)
WIDTHS = ("int8", "int32", "uint8")

SMOOTH_BOUNDED = ("sin", "tanh", "cos", "sigmoid", "negative", "identity")
SMOOTH = ("square", "exp", "expm1", "softplus")
ROOTS = ("log", "log1p", "sqrt")
KINKED = ("relu", "abs", "floor", "ceil", "round", "sign", "stop_gradient")
OF_INTS = ("negative", "square", "abs", "sign", "identity", "relu")
ARITHMETIC = ("add", "subtract", "multiply")
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
LOGIC = ("logical_and", "logical_or", "logical_xor")
GIVE_BOOLS = (*COMPARISONS, *LOGIC, "isfinite", "logical_not")
"""The ops whose result is no float."""

for op in (*SMOOTH_BOUNDED, *SMOOTH, *ROOTS, *KINKED, "isfinite"):
    smooth = op not in KINKED and op != "isfinite"
    bounded = op not in SMOOTH + ROOTS
    kind = "positive" if op in ROOTS else ("floats" if smooth else "apart")
    for shape in SHAPES:
        use(op, X(shape, kind), smooth=smooth, bounded=bounded)
    use(op, X((3,), kind, "float32"), smooth=smooth, bounded=bounded)
    for dtype in ("float64", "float32"):
        use(op, X((9,), "extremes", dtype), smooth=False)
    if not smooth:
        use(op, X((2, 5), "ties"), smooth=False, bounded=True)
for op in OF_INTS:
    for dtype in ("int64", *WIDTHS):
        if op != "negative" or dtype != "uint8":
            use(op, X(("batch", 3), "ints", dtype))
            use(op, X((6,), "wide ints", dtype))
for shape in SHAPES:
    use("logical_not", X(shape, "bools", "bool"))

for op in (*ARITHMETIC, "divide", "power"):
    second = "floats" if op in ARITHMETIC else "positive"
    first = "positive" if op == "power" else "floats"
    for left, right in PAIRS:
        use(op, X(left, first), X(right, second))
        use(op, X(right, first), X(left, second))
    use(op, X((3,), first, "float32"), X((2, 3), second))
    use(op, X((3,), first), X((3,), second, "float32"))
    use(op, X((9,), "extremes"), X((9, 1), "extremes"), smooth=False)
    use(op, X((3,), first), X((2, 3), "ints", "int32"), smooth=op in ARITHMETIC)
for op in ARITHMETIC:
    for dtype in ("int64", *WIDTHS):
        use(op, X((2, 3), "ints", dtype), X((3,), "ints", dtype))
        use(op, X((6,), "wide ints", dtype), X((6, 1), "wide ints", dtype))
    use(op, X((3,), "ints", "int8"), X((2, 3), "ints", "int32"))
for op in ("floor_divide", "remainder", "maximum", "minimum"):
    divides = op in ("floor_divide", "remainder")
    kind = "positive" if divides else "apart"
    for left, right in PAIRS:
        use(op, X(left, "apart"), X(right, kind), smooth=False, bounded=not divides)
    use(op, X((3,), "apart", "float32"), X((2, 3), kind), smooth=False)
    if not divides:
        use(op, X((2, 5), "ties"), X((5,), "ties"), smooth=False, bounded=True)
        use(op, X((9,), "extremes"), X((9, 1), "extremes"), smooth=False)
        for dtype in ("int64", *WIDTHS):
            use(op, X((3,), "ints", dtype), X((2, 3), "ints", dtype))
for op in COMPARISONS:
    for left, right in PAIRS:
        use(op, X(left, "ints", "int64"), X(right, "ints", "int64"))
    use(op, X((3,), "ints", "int8"), X((2, 3), "ints", "int32"))
    use(op, X((3,), "apart", "float32"), X((2, 3), "apart"), smooth=False)
    use(op, X((2, 5), "ties"), X((5,), "ties"), smooth=False)
    use(op, X((3,), "ties"), X((3, 1), "ints", "int32"), smooth=False)
    use(op, X((9,), "extremes"), X((9, 1), "extremes"), smooth=False)
for op in LOGIC:
    for left, right in PAIRS:
        use(op, X(left, "bools", "bool"), X(right, "bools", "bool"))
for op, smooth in (("add_n", True), ("max_n", False)):
    for shape in SHAPES:
        kind = "floats" if smooth else "apart"
        use(op, X(shape, kind), X(shape, kind), X(shape, kind), smooth=smooth)
    use(op, X((2, 5), "ties"), X((2, 5), "ties"), smooth=smooth)
    use(op, X((3,), kind), smooth=smooth)
    use(op, *[X((9,), "extremes")] * 2, smooth=False)
for left, right in PAIRS:
    yes = X(left, "bools", "bool")
    use("where", yes, X(right), X(left), bounded=True)
use("where", X((2, 1), "bools", "bool"), X((3,)), X((4, 1, 1)), bounded=True)
use("where", X((3,), "bools", "bool"), X((3,), "floats", "float32"), X((3,)))
use("where", X((3,), "bools", "bool"), *[X((3,), "ints", "int8")] * 2)
for dtype in ("float32", "float64"):
    use("cast", X((2, 3), "floats", "float32"), dtype=dtype, bounded=True)
    use("cast", X(("batch", 3)), dtype=dtype, bounded=True)
    for kind, source in (("bools", "bool"), ("ints", "uint8"), ("indices", "int8")):
        use("cast", X((2, 3), kind, source), dtype=dtype, bounded=True)
for dtype in ("int64", *WIDTHS, "bool"):
    use("cast", X(("batch", 3), "positive"), dtype=dtype, smooth=False)
    use("cast", X((2, 3), "ints", "int64"), dtype=dtype)
    use("cast", X((3,), "bools", "bool"), dtype=dtype)
