"""One row per registered op: how to apply it, to what, and what NumPy says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygraph as tg

RNG = np.random.default_rng(20240229)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def positive(*shape: int) -> np.ndarray:
    return RNG.uniform(0.3, 2.5, shape)


def apart(*shape: int) -> np.ndarray:
    """Numbers with gaps of at least 0.1, none near 0: away from every kink."""
    n = int(np.prod(shape, dtype=int))
    sides = np.where(np.arange(n) % 2, 1.0, -1.0)
    return RNG.permutation(sides * (0.25 + 0.1 * np.arange(n))).reshape(shape)


def ints(high: int, *shape: int) -> np.ndarray:
    return RNG.integers(0, high, shape)


def bools(*shape: int) -> np.ndarray:
    return RNG.integers(0, 2, shape).astype(bool)


@dataclass(frozen=True)
class Case:
    """An op applied to arrays; `wanted` computes the same with NumPy alone.

    `smooth` is False where the derivative is not checked (there is none).
    """

    op: str
    apply: Callable[..., tg.Node]
    wanted: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    smooth: bool = True

    @property
    def id(self) -> str:
        shapes = "-".join("x".join(map(str, a.shape)) or "0d" for a in self.arrays)
        return f"{self.op}-{shapes}"


CASES: list[Case] = []


def row(
    op: str,
    *arrays: np.ndarray,
    apply: Callable[..., tg.Node] | None = None,
    wanted: Callable[..., Any] | None = None,
    smooth: bool = True,
) -> None:
    """Enter a case; `tg.<op>` and `np.<op>` unless something else is given."""
    CASES.append(
        Case(
            op,
            apply or getattr(tg, op),
            wanted or getattr(np, op),
            arrays,
            smooth,
        )
    )


def unary(op: str, domain: Callable[..., np.ndarray], **options: Any) -> None:
    for shape in ((), (3,), (2, 3)):
        row(op, np.asarray(domain(*shape)), **options)


def binary(op: str, left: Any, right: Any, **options: Any) -> None:
    for a, b in (((3,), (3,)), ((2, 3), (3,)), ((2, 1), (4, 1, 3)), ((), (2,))):
        row(op, np.asarray(left(*a)), np.asarray(right(*b)), **options)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray, axis: Any = -1) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


for name in ("exp", "expm1", "sin", "cos", "tanh", "square", "negative"):
    unary(name, normal)
for name in ("log", "log1p", "sqrt"):
    unary(name, positive)
for name in ("floor", "ceil", "round", "isfinite", "sign"):
    unary(name, apart, smooth=False)
unary("sigmoid", normal, wanted=sigmoid)
unary("softplus", normal, wanted=lambda x: np.log(1 + np.exp(x)))
unary("relu", apart, wanted=lambda x: x * (x > 0))
unary("abs", apart)
unary("logical_not", bools, smooth=False)
unary("identity", normal, wanted=np.copy)
unary("stop_gradient", normal, wanted=np.copy, smooth=False)
unary("cast", apart, apply=lambda x: tg.cast(x, "float64"), wanted=np.copy)
row(
    "cast",
    ints(9, 3),
    apply=lambda x: tg.cast(x, "float32"),
    wanted=lambda x: x.astype("float32"),
    smooth=False,
)

for name in ("add", "subtract", "multiply"):
    binary(name, normal, normal)
binary("divide", normal, positive)
binary("power", positive, normal)
binary("remainder", apart, positive)
binary("floor_divide", apart, positive, smooth=False)
for name in ("maximum", "minimum"):
    binary(name, apart, lambda *shape: apart(*shape) + 0.05)
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    binary(name, lambda *s: ints(3, *s), lambda *s: ints(3, *s), smooth=False)
for name in ("logical_and", "logical_or", "logical_xor"):
    binary(name, bools, bools, smooth=False)
row("where", bools(2, 3), normal(2, 3), normal(2, 3))
row("where", bools(2, 1), normal(3), normal(4, 1, 1))
row("where", bools(), normal(2), normal())
row("add_n", *[normal(2, 3) for _ in range(4)], wanted=lambda *a: sum(a))
row("add_n", normal(2), wanted=np.copy)
row(
    "max_n",
    apart(2, 3),
    apart(2, 3) + 0.03,
    apart(2, 3) + 0.06,
    apply=lambda *nodes: tg.apply(tg.REGISTRY["max_n"], *nodes),
    wanted=lambda *a: np.max(a, 0),
)

for name in ("sum", "mean", "max", "min"):
    for axis, keep in ((None, False), (0, True), (-1, False), ((0, 2), False), ((), 1)):
        row(
            name,
            apart(2, 3, 2),
            apply=lambda x, f=getattr(tg, name), a=axis, k=keep: f(x, a, k),
            wanted=lambda x, f=getattr(np, name), a=axis, k=keep: f(
                x, axis=a, keepdims=bool(k)
            ),
        )
for axis, keep in ((None, False), (0, True), (-1, False), ((0, 1), False)):
    row(
        "logsumexp",
        normal(2, 3),
        apply=lambda x, a=axis, k=keep: tg.logsumexp(x, a, k),
        wanted=lambda x, a=axis, k=keep: np.log(np.exp(x).sum(a, keepdims=k)),
    )
for axis, keep in ((None, False), (0, True), (-1, False), ((0, 1), False)):
    for name in ("prod", "var", "std"):
        row(
            name,
            np.array([[1.2, 0.0, -0.7, 0.0], [0.4, -1.5, 0.6, 0.3]]),
            apply=lambda x, f=getattr(tg, name), a=axis, k=keep: f(x, a, k),
            wanted=lambda x, f=getattr(np, name), a=axis, k=keep: f(
                x, axis=a, keepdims=k
            ),
        )
for op, option in (("var", "ddof"), ("std", "ddof"), ("var", "correction")):
    row(
        op,
        normal(2, 3),
        apply=lambda x, f=getattr(tg, op), o=option: f(x, 0, **{o: 1}),
        wanted=lambda x, f=getattr(np, op): f(x, 0, ddof=1),
    )
row(
    "product_of_others",
    np.array([[0.0, 2.0, 0.5], [0.0, 0.0, -1.5]]),
    apply=lambda x: tg.apply(tg.REGISTRY["product_of_others"], x),
    wanted=lambda x: np.stack([np.delete(x, i, -1).prod(-1) for i in range(3)], -1),
)
row("ones_like", normal(2, 3), smooth=False)
for axis in (-1, 0, (0, 1)):
    row(
        "softmax",
        normal(2, 3),
        apply=lambda x, a=axis: tg.softmax(x, a),
        wanted=lambda x, a=axis: softmax(x, a),
    )
    row(
        "log_softmax",
        normal(2, 3),
        apply=lambda x, a=axis: tg.log_softmax(x, a),
        wanted=lambda x, a=axis: np.log(softmax(x, a)),
    )
for axis in (0, -1, None):
    row(
        "cumsum",
        normal(2, 3),
        apply=lambda x, a=axis: tg.cumsum(x, a),
        wanted=lambda x, a=axis: np.cumsum(x, a),
    )
    for name in ("argmax", "argmin"):
        row(
            name,
            apart(2, 3),
            apply=lambda x, f=getattr(tg, name), a=axis: f(x, a),
            wanted=lambda x, f=getattr(np, name), a=axis: f(x, a),
            smooth=False,
        )

for a, b in (
    ((2, 3), (3, 4)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((3,), (3,)),
    ((5, 2, 3), (5, 3, 4)),
    ((2, 3), (5, 3, 4)),
    ((4, 1, 2, 3), (5, 3, 1)),
):
    row("matmul", normal(*a), normal(*b))

row(
    "broadcast_to",
    normal(3, 1),
    apply=lambda x: tg.broadcast_to(x, (2, 3, 4)),
    wanted=lambda x: np.broadcast_to(x, (2, 3, 4)),
)
row(
    "broadcast_to",
    normal(),
    apply=lambda x: tg.broadcast_to(x, (2,)),
    wanted=lambda x: np.broadcast_to(x, (2,)),
)
row(
    "broadcast_like",
    normal(3, 1),
    normal(2, 3, 4),
    apply=lambda x, like: tg.apply(tg.REGISTRY["broadcast_like"], x, like),
    wanted=lambda x, like: np.broadcast_to(x, like.shape),
)
row("transpose", normal(2, 3))
row(
    "transpose",
    normal(2, 3, 4),
    apply=lambda x: tg.transpose(x, (1, 2, 0)),
    wanted=lambda x: np.transpose(x, (1, 2, 0)),
)
for old, new in (
    ((2, 6), (2, 3, 2)),
    ((2, 3), (-1,)),
    ((), (1, 1)),
    ((4, 1, 3), (4, 3)),
):
    row(
        "reshape",
        normal(*old),
        apply=lambda x, s=new: tg.reshape(x, s),
        wanted=lambda x, s=new: np.reshape(x, s),
    )
for axis in (None, 0, (-1, -2)):
    row(
        "flip",
        normal(2, 3),
        apply=lambda x, a=axis: tg.flip(x, a),
        wanted=lambda x, a=axis: np.flip(x, a),
    )
for key in (
    np.s_[1],
    np.s_[..., -1],
    np.s_[:, 1:3],
    np.s_[::-1, ::2],
    np.s_[1, None, -2::-1],
    np.s_[:, 4:2:-1],
    np.s_[:, 3:1],
):
    row(
        "index", normal(3, 5), apply=lambda x, k=key: x[k], wanted=lambda x, k=key: x[k]
    )


def put_slice(ct: tg.Node, like: tg.Node) -> tg.Node:
    items = ((None, None, 1), (None, None, 2))
    return tg.apply(tg.REGISTRY["put_slice"], ct, like, items=items)


def _put_slice(ct: np.ndarray, like: np.ndarray) -> np.ndarray:
    result = np.zeros_like(like)
    result[:, ::2] = ct
    return result


row("put_slice", normal(2, 3), normal(2, 5), apply=put_slice, wanted=_put_slice)
for widths in (((1, 0), (0, 2)), ((0, 0), (1, 1))):
    row(
        "pad",
        normal(2, 3),
        apply=lambda x, w=widths: tg.pad(x, w),
        wanted=lambda x, w=widths: np.pad(x, w),
    )


def padded(*nodes: tg.Node, axis: int) -> tg.Node:
    """A zero before, two after."""
    op = tg.REGISTRY["stack_padded"]
    return tg.apply(op, *nodes, axis=axis, padding=(1, 2))


for axis in (0, -1):
    row(
        "concat",
        *[normal(2, 2) for _ in range(3)],
        apply=lambda *nodes, a=axis: tg.concat(nodes, a),
        wanted=lambda *arrays, a=axis: np.concatenate(arrays, a),
    )
    row(
        "stack",
        *[normal(2, 3) for _ in range(3)],
        apply=lambda *nodes, a=axis: tg.stack(nodes, a),
        wanted=lambda *arrays, a=axis: np.stack(arrays, a),
    )
    row(
        "stack_padded",
        *[normal(2, 3) for _ in range(3)],
        apply=lambda *nodes, a=axis: padded(*nodes, axis=a if a < 0 else a - 3),
        wanted=lambda *arrays, a=axis: np.insert(
            np.stack(arrays, a), [0, 3, 3], 0, axis=a
        ),
    )
row(
    "concat",
    normal(1, 3),
    normal(2, 3),
    apply=lambda *nodes: tg.concat(nodes, 0),
    wanted=lambda *arrays: np.concatenate(arrays, 0),
)

for axis, shape in ((0, (4,)), (0, (2, 3)), (-1, ()), (1, (2,))):
    row(
        "take",
        normal(4, 4),
        ints(4, *shape),
        apply=lambda x, i, a=axis: tg.take(x, i, a),
        wanted=lambda x, i, a=axis: np.take(x, i, a),
    )


def _scatter_add(i: np.ndarray, rows: np.ndarray, like: np.ndarray) -> np.ndarray:
    result = np.zeros_like(like)
    np.add.at(result, i, rows)
    return result


def _scatter_last(i: np.ndarray, rows: np.ndarray, like: np.ndarray) -> np.ndarray:
    return _scatter_add(i, np.moveaxis(rows, -1, 0), like.T).T


row("scatter_add", ints(4, 5), normal(5, 3), normal(4, 3), wanted=_scatter_add)
row("scatter_add", ints(4, 2, 3), normal(2, 3, 2), normal(4, 2), wanted=_scatter_add)
row("scatter_add", ints(4), normal(3), normal(4, 3), wanted=_scatter_add)
row(
    "scatter_add",
    ints(4, 6),
    normal(2, 6),
    normal(2, 4),
    apply=lambda i, rows, like: tg.scatter_add(i, rows, like, axis=-1),
    wanted=_scatter_last,
)


def _take_along(x: np.ndarray, i: np.ndarray, axis: int) -> np.ndarray:
    if axis == -1:
        heads = np.broadcast_shapes(x.shape[:-1], i.shape[:-1])
        x = np.broadcast_to(x, (*heads, x.shape[-1]))
        i = np.broadcast_to(i, (*heads, i.shape[-1]))
    return np.take_along_axis(x, i, axis)


for axis, shape in ((-1, (2, 2)), (0, (3, 4)), (-1, (1, 3)), (-1, (2, 1))):
    row(
        "take_along_axis",
        normal(2, 4),
        ints(2 if axis == 0 else 4, *shape),
        apply=lambda x, i, a=axis: tg.take_along_axis(x, i, a),
        wanted=lambda x, i, a=axis: _take_along(x, i, a),
    )


def put_along(values: tg.Node, indices: tg.Node) -> tg.Node:
    op = tg.REGISTRY["put_along_axis"]
    return tg.apply(op, values, indices, length=4, axis=-1)


def _put_along(values: np.ndarray, indices: np.ndarray) -> np.ndarray:
    values, indices = np.broadcast_arrays(values, indices)
    result = np.zeros((*values.shape[:-1], 4))
    for at in np.ndindex(values.shape):
        result[(*at[:-1], indices[at])] += values[at]
    return result


row("put_along_axis", normal(2, 5), ints(4, 2, 5), apply=put_along, wanted=_put_along)
row("put_along_axis", normal(2, 1), ints(4, 1, 3), apply=put_along, wanted=_put_along)
for shape in ((), (3,), (2, 3)):
    row(
        "one_hot",
        ints(4, *shape),
        apply=lambda i: tg.one_hot(i, 4),
        wanted=lambda i: np.eye(4, dtype="float32")[i],
        smooth=False,
    )
