"""Samples of the ops that work along axes: reduce, join, cut, choose, multiply."""

import itertools
from typing import Any

import numpy as np

from tinygraph.testing.op_samples.model import Operand, Uses

X = Operand
USES = use = Uses()
WIDE = (("batch", 3), (3,), (2, 3), (2, 2, 3), (2, 3, 1, 2))
FULL = (None, None, 1)
shape: Any
to: Any
items: Any
key: Any


def _axes(ndim: int) -> list[tuple[int, ...]]:
    """Return choices of negative axes: each alone, the last first, pairs, and all."""
    every = range(-ndim, 0)
    ones = [(axis,) for axis in every[::-1]]
    pairs = list(itertools.combinations(every, 2))
    return list(dict.fromkeys([*ones, *pairs, tuple(every)]))


for op in ("sum", "mean", "max", "min", "prod", "logsumexp"):
    smooth = op not in ("max", "min")
    kind = "floats" if smooth else "apart"
    bounded = op in ("max", "min", "mean")
    for shape in WIDE:
        for i, axes in enumerate(_axes(len(shape))):
            keep = {"keepdims": bool(i % 2)}
            use(op, X(shape, kind), axis=axes, **keep, smooth=smooth, bounded=bounded)
    use(op, X((2, 5), "ties"), axis=(-1,), keepdims=False, smooth=smooth)
    if op != "logsumexp":
        whole = X((2, 3), "ints", "int8")
        use(op, whole, axis=(-2,), keepdims=True, smooth=op != "mean")
    use(op, X((9, 2), "extremes"), axis=(-2,), keepdims=False, smooth=False)
for op in ("softmax", "log_softmax", "cumsum"):
    for shape in WIDE:
        for axes in _axes(len(shape)):
            if len(axes) == 1 or op != "cumsum":
                use(op, X(shape), axis=axes, bounded=op == "softmax")
use("cumsum", X((2, 3), "ints", "int32"), axis=(-2,))
for op in ("argmax", "argmin"):
    for shape in WIDE:
        for axis in range(-1, -len(shape) - 1, -1):
            about = {"axis": (axis,), "keepdims": axis == -2}
            use(op, X(shape, "apart"), **about, smooth=False)
    use(op, X((2, 5), "ties"), axis=(-1,), keepdims=False, smooth=False)
    use(op, X((2, 5), "ints", "int8"), axis=(-1,), keepdims=True)
    use(op, X((2, 9), "extremes"), axis=(-1,), keepdims=False, smooth=False)
for shape in ((3,), ("batch", 3), (2, 1), (2, 2, 3)):
    use("product_of_others", X(shape))
use("product_of_others", X((2, 5), "ties"))

for op in ("concat", "stack", "stack_padded"):
    for shape in ((3,), ("batch", 3), (2, 3), (2, 1, 3)):
        for axis in range(-1, -len(shape) - 1 - (op != "concat"), -1):
            if op == "concat" and shape[axis] == "batch":
                continue
            if op == "stack_padded":
                padding = ((1, 2), (0, 1), (0, 0))[-axis % 3]
                use(op, *[X(shape)] * 2, axis=axis, padding=padding, bounded=True)
            elif axis >= -3:
                use(op, *[X(shape)] * 3, axis=axis, bounded=True)
use("concat", X((1, 3)), X((2, 3)), axis=-2, bounded=True)
use("concat", X((3,), "floats", "float32"), X((2,)), axis=-1, bounded=True)
use("concat", X((3,), "ints", "int8"), X((2,), "ints", "int64"), axis=-1)
use("stack", X((3,), "bools", "bool"), X((3,), "bools", "bool"), axis=-1)

for shape, to in (
    *(((3, 1), (2, 3, 4)), ((), (2,)), ((2, 1, 3), (2, 2, 3))),
    *(((1, 3, 1), (2, 2, 3, 2)), (("batch", 1), ("batch", 3))),
):
    use("broadcast_to", X(shape), shape=to, bounded=True)
    use("broadcast_like", X(shape), X(to), bounded=True)
use("broadcast_to", X((3, 1), "ints", "int8"), shape=(3, 2))
use("broadcast_like", X((3,)), X(("batch", 3)), bounded=True)
for shape in ((2, 3), ("batch", 3), (2, 1, 3), (2, 3, 1, 2)):
    for axes in list(itertools.permutations(range(-len(shape), 0)))[:0:-1][:4]:
        use("transpose", X(shape), axes=axes, bounded=True)
for shape, to in (
    *(
        ((2, 3), (6,)),
        ((), (1, 1)),
        ((2, 1, 3), (3, 2)),
        (("batch", 3), ("batch", 3, 1)),
    ),
    *(((2, 3, 2), (4, 3)), (("batch", 2, 3), ("batch", 6)), ((4,), (2, 1, 2, 1))),
):
    use("reshape", X(shape), shape=to, rank=len(shape), bounded=True)
for shape in WIDE:
    for axes in _axes(len(shape)):
        use("flip", X(shape), axis=axes, bounded=True)

ITEMS = (
    (((2, 3), (FULL, 1)), ((2, 3), (-1, FULL)), ((5,), ((None, None, -1),))),
    (((3, 5), ((None, None, -1), (None, None, 2))), ((5,), ((-2, None, -2),))),
    ((("batch", 5), (FULL, (1, 4, 2))), (("batch", 3), (FULL, -2))),
    (((3, 5), (FULL, (4, 1, -2))), ((2, 3, 2), (0, (1, 3, 1), (None, None, -1)))),
    (((2, 3, 1, 2), (FULL, (-3, -1, 1), 0, FULL)), ((5,), ((3, 1, 1),))),
)
for shape, items in itertools.chain.from_iterable(ITEMS):
    use("index", X(shape), items=items, bounded=True)
    numbers = tuple(2 if isinstance(dim, str) else dim for dim in shape)
    key = tuple(slice(*i) if isinstance(i, tuple) else i for i in items)
    cut = np.zeros(numbers)[key].shape
    part = ("batch", *cut[1:]) if shape[0] == "batch" else cut
    use("put_slice", X(part), X(shape), items=items, bounded=True)
use("index", X((2, 3), "ints", "int8"), items=(FULL, -1))
for shape, widths in (
    *(((2, 3), ((1, 0), (0, 2))), (("batch", 3), ((0, 0), (1, 1))), ((3,), ((2, 0),))),
    *(((2, 1, 3), ((0, 1), (1, 1), (0, 0))), ((2, 1, 2, 1), ((1, 0),) * 4)),
):
    use("pad", X(shape), pad_width=widths, bounded=True)

INDEX = ("indices", "int64")
TABLES = (((3,), -1), ((3, 2), -2), ((2, 3), -1), ((2, 3, 2), -2), ((3, 2, 2), -3))
for shape, axis in TABLES:
    for places in ((), (4,), (2, 2)):
        for kind, dtype in (INDEX, ("ints", "uint8"), ("indices", "int32")):
            index = X(places, kind, dtype)
            use("take", X(shape), index, axis=axis, bounded=True)
        rows = (*shape[: axis + len(shape)], *places, *shape[axis + len(shape) + 1 :])
        for kind, dtype in (("ints", "int64"), ("indices", "int8")):
            index = X(places, kind, dtype)
            use("scatter_add", index, X(rows), X(shape), length=3, axis=axis)
    for length in (1, 4):
        own = tuple(
            length if i - len(shape) == axis else n for i, n in enumerate(shape)
        )
        use("take_along_axis", X(shape), X(own, *INDEX), axis=axis, bounded=True)
        use("put_along_axis", X(own), X(own, *INDEX), length=3, axis=axis)
use("take_along_axis", X(("batch", 3)), X(("batch", 2), *INDEX), axis=-1, bounded=True)
use("take_along_axis", X((1, 3)), X((2, 2), "indices", "int8"), axis=-1, bounded=True)
use("take", X(("batch", 3)), X(("batch",), *INDEX), axis=-1, bounded=True)
use("put_along_axis", X((2, 1)), X((1, 3), *INDEX), length=3, axis=-1)
for shape in ((), (3,), ("batch", 2), (2, 1, 3)):
    for dtype in ("float64", "float32"):
        use("one_hot", X(shape, "ints", "int64"), depth=3, dtype=np.dtype(dtype))
    use("one_hot", X(shape, "ints", "uint8"), depth=4, dtype=np.dtype("float64"))

for a, b in (
    *(
        ((2, 3), (3, 4)),
        (("batch", 3), (3, 2)),
        ((1, 3), (3, 1)),
        ((2, 2, 3), (2, 3, 4)),
    ),
    *(((2, 3), (2, 3, 4)), ((2, 2, 3), (3, 1)), ((2, 1, 2, 3), (3, 3, 1))),
    *((("batch", 1, 3), ("batch", 3, 3)), ((2, 1, 2, 3), (2, 3, 2))),
):
    use("matmul", X(a), X(b))
use("matmul", X((2, 3), "floats", "float32"), X((3, 2)))
use("matmul", X((2, 3), "ints", "int32"), X((3, 2), "ints", "int32"))
