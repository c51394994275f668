"""TensorType: broadcasting with names, promotion, weak scalars, binding of sizes."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, close, refused, value
from tinygraph.core.types import broadcast_shapes, negative_axes


def leaf(*shape, dtype="float32", name="p"):
    return tg.placeholder(name, shape, dtype)


BROADCAST = [
    ([(3,), ()], (3,)),
    ([(2, 1), (1, 3)], (2, 3)),
    ([("batch", 1), (4,)], ("batch", 4)),
    ([("batch",), (5, 1)], (5, "batch")),
    ([("batch", 3), ("batch", 1), (1, 1)], ("batch", 3)),
    ([(0, 1), (1, 4)], (0, 4)),
]


@pytest.mark.parametrize(("shapes", "wanted"), BROADCAST)
def test_broadcasting(shapes, wanted):
    assert broadcast_shapes(*shapes) == wanted
    assert broadcast_shapes(*shapes[::-1]) == wanted


@pytest.mark.parametrize("other", [("time",), (3,), (0,), ("batch", "time")])
def test_a_name_equals_only_itself_and_one(other):
    pattern = r"shapes \(.*batch\) and \(.*\) do not broadcast|and \(batch\) do not"
    refused(tg.ShapeError, pattern, broadcast_shapes, ("batch",), other)


def test_a_name_is_never_treated_as_one():
    """Even where it is bound to 1."""
    total = leaf("batch", 3) + leaf("batch", 1, name="q")
    refused(
        tg.ShapeError, "do not broadcast", lambda: leaf("batch") + leaf(3, name="q")
    )
    feeds = {"p": np.ones((1, 3), F32), "q": np.ones((1, 1), F32)}
    assert value(total, feeds).shape == (1, 3)
    refused(tg.ShapeError, "length 'batch', not 1", tg.squeeze, leaf("batch", 3), 0)


def test_axes_are_negative_and_never_time():
    x = tg.sequence("x", ("batch", 4))
    assert tg.sum(x, axis=0).attrs["axis"] == (-2,)
    assert tg.sum(x).attrs["axis"] == (-2, -1)
    assert negative_axes((1, -2), 2) == (-2, -1)
    refused(tg.ShapeError, "axis 2 is out of range for 2 axes", tg.sum, x, 2)
    refused(tg.ShapeError, r"axis \(0, -2\) names one axis twice", tg.sum, x, (0, -2))
    refused(tg.ShapeError, "axis must be an int, not 1.0", tg.sum, x, 1.0)


PROMOTION = ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("a", PROMOTION)
@pytest.mark.parametrize("b", PROMOTION)
def test_promotion_is_numpys(a, b):
    got = leaf(dtype=a) * leaf(dtype=b, name="q")
    assert got.dtype == (np.ones(1, a) * np.ones(1, b)).dtype
    got = leaf(dtype=a) / leaf(dtype=b, name="q")
    assert got.dtype == (np.ones(1, a) / np.ones(1, b)).dtype


@pytest.mark.parametrize("dtype", PROMOTION)
@pytest.mark.parametrize("scalar", [True, 2, 0.5])
def test_python_scalars_are_weak_as_numpys(dtype, scalar):
    x, array = leaf(dtype=dtype), np.ones((), dtype)
    for got, wanted in (
        (x * scalar, array * scalar),
        (scalar + x, scalar + array),
        (tg.maximum(x, scalar), np.maximum(array, scalar)),
        (tg.where(x > 0, x, scalar), np.where(array > 0, array, scalar)),
    ):
        assert got.dtype == wanted.dtype


def test_numpy_scalars_are_strong():
    assert (leaf() * np.float64(2)).dtype == F64
    assert (leaf() * np.float32(2)).dtype == F32


def test_scalars_alone():
    assert [tg.constant(v).dtype for v in (True, 1, 0.5)] == [
        "bool",
        "int32",
        "float32",
    ]
    assert tg.constant(2**40).dtype == "int64"
    assert (tg.constant(1) + 0.5).dtype == F32
    assert tg.where(leaf(dtype="bool"), 1.0, 0).dtype == F32
    assert value(tg.constant(1) + 0.5) == 1.5


def test_expressions_of_scalars_are_exact_in_the_dtype_they_meet():
    x = leaf(dtype="float64")
    zero = {"p": 0.0}
    assert value(x + tg.constant(0.1) * 3, zero) == 0.1 * 3
    assert value(x + tg.sqrt(tg.constant(2.0)), zero) == np.sqrt(2.0)
    assert value(x + (tg.constant(16777217) + 0.5), zero) == 16777217.5
    chosen = x + tg.where(tg.greater_equal(x, 0), 0.1, 1)
    assert value(chosen, zero) == 0.1
    steps = tg.sequence("steps", (), F64)
    chosen = steps + tg.where(steps > 0, tg.every_step(0.1), 0.2)
    close(value(chosen, {"steps": np.array([-1.0, 1.0])}), [-0.8, 1.1], rtol=1e-15)


def test_a_mask_of_scalars_takes_the_other_dtype():
    mask = tg.where(leaf(dtype="bool", name="c"), 1, 0)
    assert (mask * leaf()).dtype == F32
    assert (leaf(dtype="float16") * mask).dtype == "float16"
    assert (mask + leaf(dtype="int8")).dtype == "int8"


def test_long_and_shared_expressions_of_scalars():
    """Neither a recursion limit nor one copy per path."""
    total = tg.constant(1.0)
    for _ in range(5000):
        total = total + 1.0
    assert value(total + leaf(dtype="float64"), {"p": 0.0}) == 5001
    power = tg.constant(1.0)
    for _ in range(200):
        power = power * power
    graph = tg.Graph(power + leaf(dtype="float64"))
    assert len(graph) < 210


def test_extents_are_weak():
    size = tg.extent("batch")
    assert size.type == tg.TensorType((), np.dtype("int64"))
    x = leaf("batch")
    for got in (x / size, x * (size * 2), x * (size / 3), x + tg.sqrt(size * 0.5)):
        assert got.dtype == F32
    fed = {"p": np.arange(4, dtype=F32)}
    close(value(x / size, fed), np.arange(4, dtype=F32) / 4)
    close(value(x + tg.sqrt(size * 0.5), fed), np.arange(4) + np.sqrt(2.0), rtol=1e-6)


def test_a_float32_model_holds_no_float64_node():
    x, w = tg.sequence("x", ("batch", 3)), tg.parameter("W", np.ones((3, 4), F32))
    u = tg.parameter("U", np.eye(4, dtype=F32))
    before = tg.delay("before", init=0.0, shape=("batch", 4))
    h = tg.sigmoid(x @ w + before @ u) * 0.5 + tg.where(before > 0, 1.0, 0)
    before.close(h)
    labels = tg.sequence("labels", ("batch",), "int64")
    loss = tg.mean_over_time(tg.mean(tg.cross_entropy(h, labels)))
    wrt = [w, u, x, tg.every_step(w)]
    graph = tg.Graph(
        {"loss": loss, **{f"d{i}": g for i, g in enumerate(tg.grad(loss, wrt))}}
    )
    assert not [node for node in graph if node.dtype == F64]


def test_names_bind_when_values_come_in():
    x, y = tg.sequence("x", ("batch", "width")), leaf("width")
    node = tg.sum(x * y, axis=-1) * tg.extent("batch")
    fed = np.arange(12.0, dtype=F32).reshape(2, 2, 3)
    close(value(node, {"x": fed, "p": np.ones(3, F32)}), fed.sum(-1) * 2)
    pattern = "dimension 'width' is 3 in sequence 'x', but 4 in placeholder 'p'"
    bad = {"x": fed, "p": np.ones(4, F32)}
    refused(tg.FeedShapeError, pattern, tg.evaluate, node, bad)


def test_a_time_axis_is_the_named_dimension_of_its_length():
    x = tg.sequence("x", (2,), F64)
    stacked = tg.stack(x)
    assert stacked.type == tg.TensorType(("t", 2), np.dtype(F64))
    assert tg.unstack(stacked).type == x.type
    table = tg.placeholder("table", ("t", 2), F64)
    feeds = {"x": np.ones((3, 2)), "table": np.full((3, 2), 2.0)}
    close(value(tg.unstack(table) * x, feeds), np.full((3, 2), 2.0))
    close(value(tg.extent("t") * x, {"x": feeds["x"]}), np.full((3, 2), 3.0))
    feeds["table"] = np.ones((4, 2))
    refused(tg.StepsError, "'t'", tg.evaluate, tg.unstack(table) * x, feeds)


def test_words_for_types():
    kind = tg.sequence("x", ("batch", 3)).type
    assert (str(kind), kind.describe()) == (
        "float32[batch, 3]",
        "float32[batch, 3] (per step of 't')",
    )
    assert tg.constant(1.0).type.describe() == "float32[] (static)"
    static = kind.with_time(None).with_dtype("int8")
    assert static == tg.placeholder("y", ("batch", 3), "int8").type
    assert hash(kind) == hash(tg.sequence("y", ("batch", 3)).type)
