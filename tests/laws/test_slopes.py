"""Derivatives of elementwise ops as textbooks have them, at all ends of the numbers.

Central differences say nothing at 0, at ties and at infinity: here NumPy does. Each
operand moves alone, beside another that is larger, smaller, or of the same shape.
"""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.testing import assert_same_values

POINTS = np.array([-np.inf, -2, -1, -0.5, -0.0, 0, 0.5, 1, 2, 3, np.inf, np.nan])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def share(greater, x, other):
    """All where x is the greater (smaller) one, half at a tie."""
    return np.where(x == other, 0.5, greater(x, other) * 1.0)


UNARY = {
    "negative": lambda x: -np.ones_like(x),
    "exp": np.exp,
    "expm1": np.exp,
    "log": lambda x: 1 / x,
    "log1p": lambda x: 1 / (1 + x),
    "sqrt": lambda x: 0.5 / np.sqrt(x),
    "square": lambda x: 2 * x,
    "abs": np.sign,
    "sin": np.cos,
    "cos": lambda x: -np.sin(x),
    "tanh": lambda x: 1 - np.tanh(x) ** 2,
    "sigmoid": lambda x: sigmoid(x) * (1 - sigmoid(x)),
    "relu": lambda x: (x > 0) * 1.0,
    "softplus": sigmoid,
}
BINARY = {
    "add": (lambda a, b: 1.0, lambda a, b: 1.0),
    "subtract": (lambda a, b: 1.0, lambda a, b: -1.0),
    "multiply": (lambda a, b: b, lambda a, b: a),
    "divide": (lambda a, b: 1 / b, lambda a, b: -a / b / b),
    "power": (
        lambda a, b: np.where(b == 0, 0, b * a ** (b - 1)),
        lambda a, b: np.where(a == 0, 0, a**b * np.log(np.where(a == 0, 1, a))),
    ),
    "remainder": (lambda a, b: 1.0, lambda a, b: -np.floor_divide(a, b)),
    "maximum": (
        lambda a, b: share(np.greater, a, b),
        lambda a, b: share(np.greater, b, a),
    ),
    "minimum": (lambda a, b: share(np.less, a, b), lambda a, b: share(np.less, b, a)),
}
COLUMN, ROW = POINTS[:, np.newaxis], POINTS
GRID = np.broadcast_arrays(COLUMN, ROW)
FORMS = {
    "of one shape": (GRID[0].copy(), GRID[1].copy()),
    "crosswise": (COLUMN, ROW),
    "the first larger": (GRID[0].copy(), ROW),
    "the second larger": (COLUMN, GRID[1].copy()),
}


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def leaf(name, array, time):
    if time is None:
        return tg.placeholder(name, array.shape, "float64")
    return tg.sequence(name, array.shape, "float64", time)


def check(op, arrays, slopes, time):
    """Reverse and forward, one operand at a time."""
    leaves = [leaf(f"x{i}", a, time) for i, a in enumerate(arrays)]
    y = getattr(tg, op)(*leaves)
    feeds = {f"x{i}": a if time is None else a[None] for i, a in enumerate(arrays)}
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    for i, (x, slope) in enumerate(zip(leaves, slopes, strict=True)):
        wanted = np.broadcast_to(slope(*arrays), shape).astype("float64")
        moved = tg.jvp(y, [x], [tg.ones_like(x)])
        pulled = tg.vjp(y, [x], [tg.ones_like(y)])[0]
        kept = {leaf.label: leaf for leaf in leaves}
        found = tg.interpret({"jvp": moved, "vjp": pulled, **kept}, feeds)
        found = {k: v if time is None else v[0] for k, v in found.items()}
        assert_same_values({"jvp": found["jvp"]}, {"jvp": wanted}, law=f"{op}, {i}")
        lead = len(shape) - x.ndim
        axes = tuple(
            k for k, n in enumerate(shape) if k < lead or x.shape[k - lead] < n
        )
        total = wanted.sum(axes, keepdims=True).reshape(x.shape)
        assert_same_values({"vjp": found["vjp"]}, {"vjp": total}, law=f"{op}, {i}")


@pytest.mark.parametrize("time", [None, "t"])
@pytest.mark.parametrize("op", UNARY)
def test_slopes_of_functions(op, time):
    check(op, [POINTS], [UNARY[op]], time)


@pytest.mark.parametrize("time", [None, "t"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("op", BINARY)
def test_slopes_of_two_operands(op, form, time):
    check(op, FORMS[form], BINARY[op], time)


@pytest.mark.parametrize("op", BINARY)
def test_slopes_at_finite_points_alone(op):
    """Without NaN, which hides what it is added to."""
    a, b = np.meshgrid(POINTS[1:-2], POINTS[1:-2])
    for left, right in ((a, b), (a[:, 3:4], b), (a, b[:1])):
        check(op, [left, right], BINARY[op], None)


def test_every_elementwise_op_with_a_derivative_has_a_slope():
    linear = {"where", "add_n", "cast", "identity", "max_n"}
    found = {
        op.name
        for op in tg.REGISTRY.values()
        if op.vjp is not None and op.rows is None and op.over_time is None
    }
    assert found == {*UNARY, *BINARY, *linear}
