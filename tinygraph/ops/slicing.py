"""Basic slicing and padding: cutting a block out, and putting it back."""

from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import MIXED, Node, Op, Rows, register
from tinygraph.core.op import Meaning
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import ZERO, Range
from tinygraph.core.types import Dim, TensorType
from tinygraph.ops.shaping import expand_dims

Item = int | tuple[int | None, int | None, int]
"""One axis of a basic index: an int, or (start, stop, step) of a slice."""
FULL: Item = (None, None, 1)


def item_text(item: Item) -> str:
    """Return how Python writes an item: `3`, `1:`, `::2`."""
    if isinstance(item, int):
        return str(item)
    start, stop, step = ("" if bound is None else str(bound) for bound in item)
    return f"{start}:{stop}" + ("" if step == "1" else f":{step}")


def _length(dim: Dim, item: Item) -> Dim:
    if item == FULL or item == (None, None, -1):
        return dim
    if isinstance(dim, str):
        raise ShapeError(
            f"a slice of the named dimension {dim!r} has no known length: a named "
            "dimension takes no arithmetic"
        )
    assert isinstance(item, tuple)
    return len(range(*slice(*item).indices(dim)))


def _index_type(x: TensorType, items: tuple[Item, ...]) -> TensorType:
    shape = []
    for dim, item in zip(x.shape, items, strict=True):
        if isinstance(item, tuple):
            shape.append(_length(dim, item))
        elif isinstance(dim, int) and not -dim <= item < dim:
            raise ShapeError(f"index {item} is out of range for length {dim}")
    return TensorType(tuple(shape), x.dtype, x.time)


def _key(items: tuple[Item, ...]) -> tuple[Any, ...]:
    return (..., *[slice(*i) if isinstance(i, tuple) else i for i in items])


def _index_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """x̅ is y̅ where y was taken from, and 0 elsewhere."""
    x, items = y.inputs[0], y.attrs["items"]
    widths = [_margins(dim, i) for dim, i in zip(x.type.shape, items, strict=True)]
    if any(width is None for width in widths):
        return (apply(PUT_SLICE, ct, x, items=items),)
    cut = [i for i, item in enumerate(items) if isinstance(item, int)]
    if cut:
        ct = expand_dims(ct, cut)
    return (pad(ct, widths),)


def _margins(dim: Dim, item: Item) -> tuple[int, int] | None:
    """Return how much to pad on both sides, or None where padding does not do."""
    if item == FULL:
        return (0, 0)
    if isinstance(dim, str):
        return None
    if isinstance(item, int):
        at = item % dim
        return (at, dim - 1 - at)
    taken = range(*slice(*item).indices(dim))
    if taken.step != 1 or not taken:
        return None
    return (taken.start, dim - taken.stop)


def _index_rows(y: Node) -> Rows:
    rows: list[int | str] = []
    kept = iter(range(-y.ndim, 0))
    for item in y.attrs["items"]:
        place = next(kept) if isinstance(item, tuple) else None
        rows.append(place if item == FULL and place is not None else MIXED)
    return (tuple(rows),)


def _index_range(y: Node, x: Range) -> Range:
    """Return the range of the columns that are taken."""
    last = y.attrs["items"][-1] if y.attrs["items"] else None
    if not np.ndim(x.low) or not isinstance(last, tuple) or not y.type.shape[-1]:
        return x.whole
    return x.through(lambda columns: columns[slice(*last)])


INDEX: Op = register(
    Op(
        "index",
        infer=_index_type,
        impl=lambda x, items: np.asarray(x)[_key(items)],
        vjp=_index_vjp,
        jvp=lambda y, tangents: apply(INDEX, tangents[0], items=y.attrs["items"]),
        rows=_index_rows,
        view=True,
        bounds=_index_range,
    )
)


def row_at(x: Node, number: int | None) -> Meaning:
    """Return the meaning of what is row `number` of a static node."""
    return Meaning(INDEX, {"items": (number, *(FULL,) * (x.ndim - 1))}, [(x, None)])


def _put_slice_type(
    ct: TensorType, like: TensorType, items: tuple[Item, ...]
) -> TensorType:
    return TensorType(like.shape, ct.dtype, ct.time)


def _put_slice_impl(ct: Any, like: Any, items: tuple[Item, ...]) -> Any:
    result = np.zeros(np.shape(like), np.asarray(ct).dtype)
    result[_key(items)] = ct
    return result


def _put_slice_over_time(y: Node, arrays: Any, steps: int, items: Any) -> Any:
    ct, like = arrays
    result = np.zeros((len(ct), *like.shape[1:]), ct.dtype)
    result[_key(items)] = ct
    return result


def _put_slice_rows(y: Node) -> Rows:
    items = y.attrs["items"]
    kept = [i for i, item in enumerate(items) if isinstance(item, tuple)]
    places = [i - len(items) if items[i] == FULL else MIXED for i in range(len(items))]
    return tuple(places[i] for i in kept), tuple(places)


PUT_SLICE: Op = register(
    Op(
        "put_slice",
        infer=_put_slice_type,
        impl=_put_slice_impl,
        vjp=lambda y, ct: (apply(INDEX, ct, items=y.attrs["items"]), None),
        jvp=lambda y, tangents: apply(
            PUT_SLICE, tangents[0], y.inputs[1], items=y.attrs["items"]
        ),
        over_time=_put_slice_over_time,
        rows=_put_slice_rows,
        constant_in=(1,),
        bounds=lambda y, part, like: part.whole.join(ZERO),
        moves_data=True,
    )
)


def _pad_type(x: TensorType, pad_width: tuple[tuple[int, int], ...]) -> TensorType:
    shape = []
    for dim, (before, after) in zip(x.shape, pad_width, strict=True):
        if isinstance(dim, str):
            if before or after:
                raise ShapeError(
                    f"the named dimension {dim!r} cannot be padded: it takes no "
                    "arithmetic"
                )
            shape.append(dim)
        else:
            shape.append(before + dim + after)  # type: ignore[arg-type]
    return TensorType(tuple(shape), x.dtype, x.time)


def _pad_impl(x: Any, pad_width: tuple[tuple[int, int], ...]) -> Any:
    lead = x.ndim - len(pad_width)
    inner = x.shape[lead:]
    sizes = [b + n + a for n, (b, a) in zip(inner, pad_width, strict=True)]
    result = np.zeros((*x.shape[:lead], *sizes), x.dtype)
    within = [slice(b, b + n) for n, (b, _) in zip(inner, pad_width, strict=True)]
    key: Any = (..., *within)
    result[key] = x
    return result


def _pad_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """x̅ is the middle of y̅."""
    shape = y.inputs[0].type.shape
    items: list[Item] = [
        (b, b + n, 1) if isinstance(n, int) and (b or a) else FULL
        for n, (b, a) in zip(shape, y.attrs["pad_width"], strict=True)
    ]
    return (apply(INDEX, ct, items=tuple(items)),)


def _pad_rows(y: Node) -> Rows:
    widths = y.attrs["pad_width"]
    return (tuple(MIXED if any(w) else i - y.ndim for i, w in enumerate(widths)),)


PAD = register(
    Op(
        "pad",
        infer=_pad_type,
        impl=_pad_impl,
        vjp=_pad_vjp,
        jvp=lambda y, tangents: pad(tangents[0], y.attrs["pad_width"]),
        rows=_pad_rows,
        bounds=lambda y, x: x.whole.join(ZERO),
        moves_data=True,
    )
)


def pad(array: Any, pad_width: Any) -> Node:
    """Put zeros around: `pad_width` is ((before, after), ...), one pair per axis.

    Raises:
        ShapeError: another number of pairs, a negative width, or a named axis.

    Example:
        >>> tg.evaluate(tg.pad([1, 2], [(1, 2)]))
        array([0, 1, 2, 0, 0])
    """
    node = as_node(array)
    widths = tuple(tuple(map(int, pair)) for pair in pad_width)
    if len(widths) != node.ndim or any(len(p) != 2 or min(p) < 0 for p in widths):
        raise ShapeError(
            f"pad: pad_width {pad_width!r} must hold {node.ndim} pairs of ints >= 0, "
            f"one per axis of {node.describe()}"
        )
    return apply(PAD, node, pad_width=widths) if any(map(any, widths)) else node


def stretch(x: Node, axis: int, start: int, stop: int) -> Node:
    """Return x from `start` to `stop` along one axis."""
    items: list[Item] = [FULL] * x.ndim
    items[axis] = (start, stop, 1)
    return apply(INDEX, x, items=tuple(items))


def getitem(x: Any, key: Any) -> Node:
    """Basic slicing: ints, slices, `...` and None; one int node gives `take`.

    Raises:
        ShapeError: too many indices, one out of range, a part of a named axis.
    """
    node = as_node(x)
    keys = list(key) if isinstance(key, tuple) else [key]
    if len(keys) == 1 and isinstance(keys[0], Node | np.ndarray | list):
        taken: Node = FUNCTIONS["take"](node, keys[0], axis=0)
        return taken
    used = sum(1 for k in keys if k is not None and k is not Ellipsis)
    if used > node.ndim:
        raise ShapeError(
            f"{used} indices for the {node.ndim} axes of {node.describe()}"
        )
    at = next((i for i, k in enumerate(keys) if k is Ellipsis), len(keys))
    fill: list[Any] = [slice(None)] * (node.ndim - used)
    keys = keys[:at] + fill + keys[at + 1 :]
    items = tuple(_item(k, node) for k in keys if k is not None)
    y = node if set(items) <= {FULL} else apply(INDEX, node, items=items)
    kept = [k for k in keys if not isinstance(k, int | np.integer)]
    new = [i for i, k in enumerate(kept) if k is None]
    return expand_dims(y, new) if new else y


def _item(key: Any, node: Node) -> Item:
    bounds = [key.start, key.stop, key.step] if isinstance(key, slice) else []
    whole = all(b is None or hasattr(b, "__index__") for b in bounds)
    if isinstance(key, slice) and whole and key.step != 0:
        bounds = [None if b is None else int(b) for b in bounds]
        step = bounds[2] or 1
        if step > 0 and bounds[0] == 0:
            bounds[0] = None
        return (bounds[0], bounds[1], step)
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        return int(key)
    raise ShapeError(
        f"{key!r} cannot index {node.describe()}: use ints, slices, `...` or None; "
        "tg.take for an array of indices, tg.where for a mask"
    )


FUNCTIONS["getitem"] = getitem
