"""Loops of one shape and many dtypes: what is drawn is a chain of elementwise ops.

Floats of two widths, ints of three, bools: compared, added, cast and chosen from, so
that results of several dtypes and one size are made, read and forgotten in one loop.
"""

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg

DTYPES = ("float32", "float64", "int8", "int32", "int64", "bool")
SHAPE = (5,)

ARITHMETIC = (tg.add, tg.subtract, tg.multiply, tg.maximum, tg.minimum)
ORDER = (tg.less, tg.less_equal, tg.greater, tg.greater_equal, tg.equal, tg.not_equal)
LOGIC = (tg.logical_and, tg.logical_or, tg.logical_xor)
UNARY = (tg.square, tg.negative, tg.abs, tg.sign, tg.relu)


@st.composite
def mixed_loops(draw, most=8):
    """A graph whose loop runs through nodes of all dtypes, its members as outputs."""
    pool = [tg.sequence(f"x {name}", SHAPE, name) for name in DTYPES]
    kept = draw(st.sampled_from(DTYPES[:-1]))
    before = tg.delay("before", shape=SHAPE, dtype=kept)
    pool.append(before)
    recent = before
    for _ in range(draw(st.integers(2, most))):
        other = draw(st.sampled_from(pool))
        recent = _applied(draw, recent, other, pool)
        pool.append(recent)
    before.close(tg.cast(recent, kept))
    every = pool if draw(st.booleans()) else [recent]
    return tg.Graph({f"y{i}": node for i, node in enumerate(every)})


def _applied(draw, x, other, pool):
    """The result of an op on what came last, so that the loop passes through it."""
    kind = draw(
        st.sampled_from(("two", "order", "one", "where", "cast", "logic", "join"))
    )
    if kind == "order":
        if x.dtype.kind == "f" and draw(st.booleans()):  # ties by rounding
            other = tg.cast(x, draw(st.sampled_from(DTYPES[:2])))
        return draw(st.sampled_from(ORDER))(x, other)
    if kind == "where":
        condition = draw(st.sampled_from([n for n in pool if n.dtype == bool]))
        return tg.where(condition, x, other)
    if kind == "join":
        return _joined(draw, [x, other, draw(st.sampled_from(pool))])
    if kind == "cast":
        return _cast(x, draw(st.sampled_from(DTYPES)))
    if kind == "logic" or x.dtype == bool:
        return draw(st.sampled_from(LOGIC))(_cast(x, "bool"), _cast(other, "bool"))
    if kind == "one":
        return draw(st.sampled_from(UNARY))(x)
    return draw(st.sampled_from(ARITHMETIC))(x, _cast(other, "int64", only="bool"))


def _joined(draw, parts):
    """Some nodes joined, whatever their dtypes, and a piece of the whole."""
    chosen = draw(st.lists(st.sampled_from(parts), min_size=1, max_size=2))
    whole = tg.concat([parts[0], *chosen], axis=-1)
    start = draw(st.integers(0, whole.shape[-1] - SHAPE[0]))
    return whole[start : start + SHAPE[0]]


def _cast(x, dtype, only=None):
    """Cast, but no float to an int: what comes of NaN or infinity has no meaning."""
    if only is not None and x.dtype != only:
        return x
    if x.dtype.kind == "f" and np.dtype(dtype).kind in "iu":
        return tg.cast(tg.greater(x, 0), dtype)
    return tg.cast(x, dtype)
