"""Values at the edges: ±1e4 in float32, infinities, NaN, empty arrays, ties."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.testing import evaluate_plainly

BIG = np.array([-1e4, -100, -20, -1e-4, 0, 1e-4, 20, 100, 1e4], "float32")
INF, NAN = np.inf, np.nan


def both(function, *arrays, time=False):
    """Evaluate by both backends, static and over time; they agree to the last bit."""
    arrays = [np.asarray(a) for a in arrays]
    found = []
    for backend in ("interpret", "numpy"):
        static = [
            tg.placeholder(f"x{i}", a.shape, a.dtype) for i, a in enumerate(arrays)
        ]
        y = function(*static)
        keep = {f"x{i}": x for i, x in enumerate(static)}
        graph = tg.Graph({"y": y, **keep})
        feeds = {f"x{i}": a for i, a in enumerate(arrays)}
        found.append(tg.compile(graph, backend)(feeds)["y"])
        steps = [tg.sequence(f"x{i}", a.shape, a.dtype) for i, a in enumerate(arrays)]
        y = function(*steps)
        graph = tg.Graph({"y": y, **{f"x{i}": x for i, x in enumerate(steps)}})
        fed = {f"x{i}": np.stack([a, a]) for i, a in enumerate(arrays)}
        found += list(tg.compile(graph, backend)(fed)["y"])
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-6)
        assert other.dtype == found[0].dtype
        assert other.shape == found[0].shape
    return found[0]


def slope(function, x):
    """The gradient of Σ function(x)."""
    node = tg.placeholder("x", np.shape(x), np.asarray(x).dtype)
    g = tg.grad(tg.sum(function(node)), node)
    return tg.evaluate([g, node], {"x": x})[0]


def exact(function, x):
    """The same in float64, where nothing overflows."""
    return function(np.asarray(x, "float64"))


STABLE = {
    "sigmoid": (tg.sigmoid, lambda x: np.exp(-np.logaddexp(0, -x))),
    "softplus": (tg.softplus, lambda x: np.logaddexp(0, x)),
    "tanh": (tg.tanh, np.tanh),
    "logsumexp": (
        lambda x: tg.logsumexp(x, axis=-1),
        lambda x: np.logaddexp.reduce(x, -1),
    ),
    "log_softmax": (
        tg.log_softmax,
        lambda x: x - np.logaddexp.reduce(x, -1, keepdims=True),
    ),
    "softmax": (
        tg.softmax,
        lambda x: np.exp(x - np.logaddexp.reduce(x, -1, keepdims=True)),
    ),
}


@pytest.mark.parametrize("name", STABLE)
def test_stable_at_ten_thousand_in_float32(name):
    function, reference = STABLE[name]
    got = both(function, BIG)
    assert got.dtype == "float32"
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got, exact(reference, BIG), rtol=2e-6, atol=1e-37)


@pytest.mark.parametrize("name", STABLE)
def test_gradients_are_finite_at_ten_thousand_in_float32(name):
    g = slope(STABLE[name][0], BIG)
    assert np.isfinite(g).all()
    assert np.abs(g).max() <= len(BIG)


def test_gradient_of_logsumexp_and_softplus_at_ten_thousand():
    np.testing.assert_allclose(
        slope(tg.softplus, BIG), exact(STABLE["sigmoid"][1], BIG), rtol=2e-6, atol=1e-37
    )
    g = slope(lambda x: tg.logsumexp(x), BIG)
    assert g.tolist() == [0] * 8 + [1]


@pytest.mark.parametrize("sign", [1, -1])
def test_cross_entropy_at_ten_thousand(sign):
    logits = sign * BIG[None]
    labels = np.array([0])
    node = tg.placeholder("x", (1, 9), "float32")
    fed = tg.placeholder("i", (1,), "int64")
    loss = tg.sum(tg.cross_entropy(node, fed))
    feeds = {"x": logits, "i": labels}
    assert tg.evaluate(loss, feeds) == pytest.approx(2e4 if sign > 0 else 0)
    assert np.isfinite(tg.evaluate(tg.grad(loss, node), feeds)).all()


def test_infinities():
    x = np.array([-INF, 0.0, INF])
    assert both(tg.sigmoid, x).tolist() == [0, 0.5, 1]
    assert both(tg.softplus, x).tolist() == [0, np.log(2), INF]
    assert both(tg.relu, x).tolist() == [0, 0, INF]
    assert both(tg.tanh, x).tolist() == [-1, 0, 1]
    assert both(lambda n: tg.max(n), x) == INF
    assert both(tg.isfinite, x).tolist() == [False, True, False]
    assert both(lambda n: tg.clip(n, -2, 2), x).tolist() == [-2, 0, 2]


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        ([-INF, -INF], -INF),
        ([-INF, 1.0], 1.0),
        ([INF, 1.0], INF),
        ([INF, INF], INF),
        ([INF, -INF], INF),
        ([NAN, 1.0], NAN),
    ],
)
def test_logsumexp_of_infinities(x, wanted):
    np.testing.assert_equal(both(lambda n: tg.logsumexp(n), np.array(x)), wanted)


def test_masked_logits():
    """Minus infinity masks a class: probability zero, no NaN in value or gradient."""
    x = np.array([[0.0, -INF, 1.0]])
    p = both(tg.softmax, x)
    assert p[0, 1] == 0
    np.testing.assert_allclose(p.sum(), 1)
    node = tg.placeholder("x", (1, 3), "float64")
    g = tg.grad(tg.sum(tg.log_softmax(node)[:, 0]), node)
    assert np.isfinite(tg.evaluate(g, {"x": x})).all()


def test_nan_is_kept():
    x = np.array([1.0, NAN, -1.0])
    for function in (tg.tanh, tg.sigmoid, tg.relu, tg.softplus, tg.exp, tg.abs):
        assert np.isnan(both(function, x)).tolist() == [False, True, False]
    assert np.isnan(both(lambda n: tg.max(n), x))
    assert np.isnan(both(lambda n: tg.maximum(n, 0.0), x)[1])
    assert np.isnan(both(lambda n: tg.minimum(n, 0.0), x)[1])


def test_where_hides_nan_of_the_other_branch():
    """The gradient of the branch not taken is 0, not 0 · inf, if x is made safe."""
    x = tg.placeholder("x", (2,), "float64")
    positive = x > 0
    y = tg.where(positive, tg.log(tg.where(positive, x, 1.0)), 0.0)
    g = tg.evaluate(tg.grad(tg.sum(y), x), {"x": np.array([2.0, -1.0])})
    assert g.tolist() == [0.5, 0]


def test_power_at_zero():
    a = tg.placeholder("a", (3,), "float64")
    b = tg.placeholder("b", (3,), "float64")
    feeds = {"a": np.zeros(3), "b": np.array([0.0, 1.0, 2.0])}
    y = tg.power(a, b)
    assert tg.evaluate(y, feeds).tolist() == [1, 0, 0]
    ga, gb = (tg.evaluate(g, feeds) for g in tg.grad(tg.sum(y), [a, b]))
    assert ga.tolist() == [0, 1, 0]
    assert gb.tolist() == [0, 0, 0]
    square = tg.grad(tg.sum(a**2), a)
    second = tg.grad(tg.sum(square), a)
    kept = tg.evaluate([second, a], {"a": np.zeros(3)})
    assert kept[0].tolist() == [2, 2, 2]


EMPTY = {
    "sum": lambda x: tg.sum(x, axis=0),
    "mean of columns": lambda x: tg.mean(x, axis=-1),
    "logsumexp of columns": lambda x: tg.logsumexp(x, axis=-1),
    "softmax": tg.softmax,
    "log_softmax": tg.log_softmax,
    "max of columns": lambda x: tg.max(x, axis=-1),
    "argmax of columns": lambda x: tg.argmax(x, axis=-1),
    "cumsum": lambda x: tg.cumsum(x, axis=0),
    "prod": lambda x: tg.prod(x, axis=0),
    "prod of columns": lambda x: tg.prod(x, axis=-1),
    "var of columns": lambda x: tg.var(x, axis=-1),
    "matmul": lambda x: x @ tg.constant(np.ones((3, 2))),
    "matmul over rows": lambda x: tg.transpose(x) @ x,
    "tanh": tg.tanh,
    "sigmoid": tg.sigmoid,
    "concat": lambda x: tg.concat([x, x], axis=-1),
    "stack": lambda x: tg.stack([x, x], axis=0),
    "pad": lambda x: tg.pad(x, ((1, 0), (0, 0))),
    "transpose": tg.transpose,
    "flip": tg.flip,
    "reshape": lambda x: tg.reshape(x, (3, 0)),
    "slice": lambda x: x[:, 1:],
    "take": lambda x: tg.take(x, tg.constant(np.zeros((0, 2), int)), axis=0),
    "take columns": lambda x: tg.take(x, tg.constant(np.array([0, 2, 2])), axis=1),
    "one_hot": lambda x: tg.one_hot(tg.argmax(x, axis=-1), 3, "float64"),
    "cross_entropy": lambda x: tg.cross_entropy(x, tg.argmax(x, axis=-1)),
    "where": lambda x: tg.where(x > 0, x, 0.0),
    "broadcast": lambda x: tg.broadcast_to(x, (2, 0, 3)),
}
NUMPY = {
    "sum": lambda x: np.sum(x, 0),
    "logsumexp of columns": lambda x: np.sum(x, -1),
    "matmul over rows": lambda x: x.T @ x,
    "pad": lambda x: np.pad(x, ((1, 0), (0, 0))),
    "prod": lambda x: np.prod(x, 0),
}


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows(name):
    """Arrays of 0 rows go through every op and its gradient."""
    x = np.zeros((0, 3))
    y = both(EMPTY[name], x)
    node = EMPTY[name](tg.placeholder("x", (0, 3), "float64"))
    assert y.shape == node.shape
    if name in NUMPY:
        assert y.tolist() == NUMPY[name](x).tolist()
    if node.type.is_float and name != "one_hot":
        g = slope(EMPTY[name], x)
        assert g.shape == (0, 3)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int8", "bool"])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_the_mean_of_nothing_is_nan_and_nobody_is_warned(dtype, axis):
    x = tg.sequence("x", (0, 3), dtype)
    graph = tg.Graph({"y": tg.mean(x, axis), "s": tg.mean(tg.stack(x), (0, 1))})
    feeds = {"x": np.zeros((2, 0, 3), dtype)}
    results = [tg.compile(graph, name)(feeds) for name in ("interpret", "numpy")]
    results.append(evaluate_plainly(graph, feeds, {"t": 2}))
    for out in results:
        assert out["y"].dtype == graph["y"].dtype
        assert out["y"].shape == {-1: (2, 0), 0: (2, 3), None: (2,)}[axis]
        assert np.isnan(out["y"]).all()
        assert np.isnan(out["s"]).all()


def test_no_rows_by_name():
    """An empty batch is a batch."""
    x = tg.sequence("x", ("batch", 3), "float64")
    w = tg.parameter("w", np.ones((3, 2)))
    h = tg.delay("h", shape=("batch", 2), dtype="float64")
    after = tg.tanh(x @ w + h)
    h.close(after)
    loss = tg.sum_over_time(tg.sum(after))
    graph = tg.Graph({"h": after, "g": tg.grad(loss, w), "gx": tg.grad(loss, x)})
    for backend in ("interpret", "numpy"):
        out = tg.compile(graph, backend)({"x": np.zeros((4, 0, 3))})
        assert out["h"].shape == (4, 0, 2)
        assert out["gx"].shape == (4, 0, 3)
        assert out["g"].tolist() == np.zeros((3, 2)).tolist()


@pytest.mark.parametrize("shape", [((2, 0), (0, 3)), ((0,), (0, 3)), ((2, 0), (0,))])
def test_matmul_over_an_inner_axis_of_length_zero(shape):
    a, b = (np.zeros(s) for s in shape)
    wanted = a @ b
    assert both(tg.matmul, a, b).tolist() == wanted.tolist()
    node = tg.parameter("b", b)
    assert both(lambda x: x @ node, a).tolist() == wanted.tolist()


@pytest.mark.parametrize("function", [tg.max, tg.min])
def test_no_greatest_of_nothing(function):
    x = tg.placeholder("x", (2, 0))
    with pytest.raises(tg.ShapeError, match="no elements along"):
        function(x, axis=-1)


def test_reductions_of_one_column():
    x = np.array([[2.0], [-3.0]])
    for function in (tg.max, tg.min, tg.sum, tg.mean, tg.logsumexp):
        assert both(lambda n, f=function: f(n, axis=-1), x).tolist() == [2, -3]
    assert both(tg.softmax, x).tolist() == [[1], [1]]
    assert both(tg.log_softmax, x).tolist() == [[0], [0]]


def test_argmax_takes_the_first_of_equals():
    x = np.array([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]])
    assert both(lambda n: tg.argmax(n, axis=-1), x).tolist() == [1, 0]
    assert both(lambda n: tg.argmin(n, axis=-1), x).tolist() == [0, 0]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "bool"])
@pytest.mark.parametrize("name", ["sigmoid", "softplus", "exp", "tanh", "softmax"])
def test_integers_become_floats(name, dtype):
    x = np.array([0, 1, 1], dtype)
    got = both(getattr(tg, name), x)
    wanted = both(getattr(tg, name), x.astype("float64"))
    assert got.dtype.kind == "f"
    np.testing.assert_allclose(got, wanted, rtol=5e-3)


def test_indices_count_from_the_end_too():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    i = np.array([-1, 0])
    assert both(lambda n, k: tg.take(n, k, axis=0), x, i).tolist() == [[3, 4], [1, 2]]
    node = tg.placeholder("x", (2, 2), "float64")
    g = tg.grad(
        tg.sum(tg.take(node, tg.constant(i), 0) * np.array([[2.0], [1.0]])), node
    )
    out = tg.evaluate([g, node], {"x": x})
    assert out[0].tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_an_index_out_of_range_is_an_error(backend):
    x = tg.placeholder("x", (2, 2))
    i = tg.sequence("i", (), "int64")
    feeds = {"x": np.zeros((2, 2), "float32"), "i": np.array([0, 2])}
    run = tg.compile(tg.Graph({"y": tg.take(x, i, axis=0)}), backend)
    with pytest.raises(IndexError, match="out of bounds"):
        run(feeds)
