"""Moves of elements, drawn: indices, slices, reshapes, with what NumPy says."""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg

LARGE = 150
"""Rows of a table that is too long for one-hot products, and long enough for `take`."""


class Drawn(NamedTuple):
    """A move of what has a shape: on nodes, and on arrays by NumPy.

    Attributes:
        where: ints that it indexes by; None where it has none.
        key: what it is indexed by, where it is.
    """

    name: str
    shape: tuple[int, ...]
    node: Callable[..., tg.Node]
    array: Callable[..., Any]
    where: Any = None
    key: tuple[Any, ...] = ()

    def __repr__(self):
        return f"{self.name} of {self.shape}"


lengths = st.sampled_from((3, 4, 2, 1))
shapes = st.lists(lengths, min_size=1, max_size=4).map(tuple)


@st.composite
def keys(draw, shape):
    """A key of ints and slices, all signs and steps, for some of the axes."""
    items = []
    for n in shape[: draw(st.integers(1, len(shape)))]:
        if draw(st.booleans()):
            backwards = [*range(-n, 0), *range(-n, -1)]
            items.append(draw(st.sampled_from([*range(n), *backwards])))
            continue
        ends = st.none() | st.integers(-n, n)
        step = draw(st.sampled_from((None, 1, 2, -1, -2)))
        items.append(slice(draw(ends), draw(ends), step))
    return tuple(items)


@st.composite
def reshapes(draw):
    """A shape and another one of as many elements."""
    factors = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))

    def grouped():
        cuts = draw(st.lists(st.integers(0, len(factors)), max_size=3).map(sorted))
        ends = [0, *cuts, len(factors)]
        return tuple(math.prod(factors[a:b]) for a, b in itertools.pairwise(ends))

    old = draw(st.sampled_from((tuple(factors), grouped())))
    return old, grouped()


@st.composite
def indices(draw, length, shape):
    """Ints that index so many, from both ends, repeated at times."""
    size = math.prod(shape)
    listed = draw(
        st.lists(st.integers(-length, length - 1), min_size=size, max_size=size)
    )
    return np.array(listed, "int64").reshape(shape)


@st.composite
def moves(draw):
    """A move of one array, or of one array by ints."""
    kind = draw(st.sampled_from((_index, _reshape, _take, _along, _order, _index)))
    return kind(draw)


def _index(draw):
    shape = draw(shapes)
    key = draw(keys(shape))
    return Drawn(f"x[{key}]", shape, lambda x: x[key], lambda x: x[key], None, key)


def _reshape(draw):
    old, new = draw(reshapes())
    name = f"reshape to {new}"
    return Drawn(name, old, lambda x: tg.reshape(x, new), lambda x: x.reshape(new))


def _take(draw):
    shape = list(draw(shapes))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    if draw(st.booleans()):
        shape[axis] = LARGE
    where = draw(indices(shape[axis], draw(st.sampled_from(((), (3,), (2, 2))))))
    return Drawn(
        f"take along {axis}",
        tuple(shape),
        lambda x, i: tg.take(x, i, axis=axis),
        lambda x, i: np.take(x, i, axis=axis),
        where,
    )


def _along(draw):
    shape = draw(shapes)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    other = [1 if draw(st.booleans()) else n for n in shape]
    other[axis] = draw(st.sampled_from((1, 1, 3)))
    table = [1 if draw(st.booleans()) else n for n in shape]
    table[axis] = shape[axis]
    where = draw(indices(shape[axis], tuple(other)))
    return Drawn(
        f"take_along_axis {axis}",
        tuple(table),
        lambda x, i: tg.take_along_axis(x, i, axis=axis),
        lambda x, i: _taken_along(x, i, axis),
        where,
    )


def _taken_along(x, i, axis):
    """NumPy's, of operands brought to one shape by hand."""
    both = np.broadcast_shapes(_without(x.shape, axis), _without(i.shape, axis))
    wide, wanted = list(both), list(both)
    wide[axis], wanted[axis] = x.shape[axis], i.shape[axis]
    return np.take_along_axis(
        np.broadcast_to(x, wide), np.broadcast_to(i, wanted), axis
    )


def _without(shape, axis):
    found = list(shape)
    found[axis] = 1
    return tuple(found)


def _order(draw):
    shape = draw(shapes)
    axes = draw(st.permutations(range(len(shape))))
    flipped = draw(st.integers(-len(shape), len(shape) - 1))
    return Drawn(
        f"transpose to {axes}, flip {flipped}",
        shape,
        lambda x: tg.flip(tg.transpose(x, axes), flipped),
        lambda x: np.flip(np.transpose(x, axes), flipped),
    )
