"""Promotion is NumPy's (NEP 50); scalars and extents are weak; gradients keep dtype."""

import itertools

import numpy as np
import pytest

import tinygraph as tg

DTYPES = ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"]
UFUNCS = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"]
UFUNCS += ["floor_divide", "remainder", "equal", "less", "logical_and"]
SCALARS = [2, 2.5, True]


def outcome(function, *operands):
    """Return the dtype of the result, or "refused"."""
    try:
        return function(*operands).dtype.name
    except (TypeError, ValueError):
        return "refused"


@pytest.mark.parametrize("name", UFUNCS)
def test_two_arrays_promote_as_numpy_promotes_them(name):
    for a, b in itertools.product(DTYPES, DTYPES):
        arrays = np.ones(2, a), np.ones(2, b)
        nodes = [tg.placeholder(k, (2,), d) for k, d in (("a", a), ("b", b))]
        wanted = outcome(getattr(np, name), *arrays)
        assert outcome(getattr(tg, name), *nodes) == wanted, (a, b)
        if wanted != "refused":
            y = getattr(tg, name)(*nodes)
            got = tg.evaluate(y, dict(zip("ab", arrays, strict=True)))
            assert got.dtype.name == wanted


@pytest.mark.parametrize("name", UFUNCS)
@pytest.mark.parametrize("scalar", SCALARS, ids=str)
def test_an_array_and_a_python_scalar_promote_as_in_numpy(name, scalar):
    for dtype in DTYPES:
        array, node = np.ones(2, dtype), tg.placeholder("x", (2,), dtype)
        for order in (1, -1):
            wanted = outcome(getattr(np, name), *(array, scalar)[::order])
            got = outcome(getattr(tg, name), *(node, scalar)[::order])
            assert got == wanted, (dtype, order)


@pytest.mark.parametrize("name", ["exp", "tanh", "sqrt", "sin", "floor", "negative"])
def test_functions_of_one_array(name):
    for dtype in DTYPES:
        wanted = outcome(getattr(np, name), np.ones(2, dtype))
        assert outcome(getattr(tg, name), tg.placeholder("x", (2,), dtype)) == wanted


@pytest.mark.parametrize(
    "name", ["sum", "mean", "max", "argmax", "cumsum", "prod", "var", "std"]
)
def test_reductions(name):
    for dtype in DTYPES:
        wanted = outcome(getattr(np, name), np.ones(2, dtype), 0)
        node = tg.placeholder("x", (2,), dtype)
        assert outcome(getattr(tg, name), node, 0) == wanted


@pytest.mark.parametrize("join", ["concat", "stack"])
def test_joining(join):
    joined = {"concat": np.concatenate, "stack": np.stack}[join]
    for a, b in itertools.product(DTYPES, DTYPES):
        wanted = joined([np.ones(2, a), np.ones(2, b)], 0).dtype
        nodes = [tg.placeholder(k, (2,), d) for k, d in (("a", a), ("b", b))]
        assert getattr(tg, join)(nodes, 0).dtype == wanted


def test_an_array_constant_is_strong():
    x = tg.placeholder("x", (2,), "float32")
    assert (x * np.ones(2)).dtype == "float64"
    assert (x * np.float64(2)).dtype == "float64"
    assert (x * np.float32(2)).dtype == "float32"


def test_extents_are_weak():
    x = tg.placeholder("x", ("batch",), "float32")
    n = tg.extent("batch")
    for y in (x / n, x * n, x * (n + 1), x * (1 / n), tg.sum(x) / (n * n)):
        assert y.dtype == "float32"
    assert (tg.placeholder("i", (), "int8") + n).dtype == "int8"


def test_scalars_among_themselves_stay_weak():
    x = tg.placeholder("x", (), "float32")
    two = tg.constant(1) + 1
    assert (x * (two * 0.5)).dtype == "float32"
    assert (x.named("y") + tg.sqrt(tg.constant(2.0))).dtype == "float32"


def test_a_scalar_that_does_not_fit_is_refused():
    x = tg.placeholder("x", (), "uint8")
    with pytest.raises(tg.DTypeError, match="does not fit uint8"):
        x + 300


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_function_of_floats_keeps_the_dtype(dtype):
    x = tg.placeholder("x", ("batch", 3), dtype)
    i = tg.placeholder("i", ("batch",), "int64")
    results = [
        *[f(x) for f in (tg.exp, tg.tanh, tg.sigmoid, tg.relu, tg.softplus, tg.sqrt)],
        *[f(x) for f in (tg.sum, tg.mean, tg.max, tg.logsumexp, tg.softmax)],
        *[f(x, axis=0) for f in (tg.sum, tg.mean, tg.max, tg.logsumexp, tg.cumsum)],
        tg.cross_entropy(x, i),
        tg.clip(x, -1, 1),
        tg.where(x > 0, x, 0),
        x**2,
        2**x,
        1 - x,
        x / 3,
        x % 2,
        tg.one_hot(i, 3, dtype),
    ]
    for y in results:
        assert y.dtype == dtype, y
        assert y.op.name == "one_hot" or tg.grad(tg.sum(y), x).dtype == dtype


def lstm_language_model(dtype):
    """A character-level LSTM language model from primitives, with its loss."""
    rng = np.random.default_rng(0)
    vocabulary, hidden = 7, 5

    def matrix(name, *shape):
        return tg.parameter(name, (rng.normal(size=shape) * 0.3).astype(dtype))

    text = tg.sequence("text", ("batch",), "int64")
    labels = tg.sequence("labels", ("batch",), "int64")
    w, u = matrix("w", vocabulary, 4 * hidden), matrix("u", hidden, 4 * hidden)
    b, v = matrix("b", 4 * hidden), matrix("v", hidden, vocabulary)
    h = tg.delay("h", shape=("batch", hidden), dtype=dtype)
    c = tg.delay("c", init=matrix("c0", hidden), shape=("batch", hidden))
    x = tg.take(matrix("embedding", vocabulary, vocabulary), text, axis=0)
    x = x * tg.bernoulli(0.9, ("batch", vocabulary), dtype, name="dropout") / 0.9
    i, f, g, o = tg.split(x @ w + h @ u + b, 4, axis=-1)
    cell = tg.sigmoid(f) * c + tg.sigmoid(i) * tg.tanh(g)
    out = tg.sigmoid(o) * tg.tanh(cell)
    h.close(out)
    c.close(cell)
    losses = tg.cross_entropy(out @ v, labels)
    loss = tg.mean_over_time(tg.mean(losses)) + 1e-3 * tg.sum(tg.square(v))
    graph = tg.Graph({"loss": loss})
    return loss, graph.parameters


def test_a_float32_model_with_its_gradients_holds_no_float64_node():
    loss, weights = lstm_language_model("float32")
    gradients = tg.grad(loss, weights)
    second = tg.grad(sum(tg.sum(g * g) for g in gradients), weights)
    lifts = [tg.every_step(w) for w in weights if w.name in ("u", "w")]
    per_step = tg.grad(loss, lifts)
    tangents = [tg.zeros_like(w) for w in weights]
    forward = tg.jvp(loss, weights, tangents)
    outputs = [loss, *gradients, *second, *per_step, forward]
    graph = tg.Graph({f"{i}": node for i, node in enumerate(outputs)})
    dtypes = {node.dtype.name for node in graph}
    assert dtypes <= {"float32", "int64", "int32", "bool"}
    unrolled = tg.unroll(graph, 3)
    assert {node.dtype.name for node in unrolled} <= dtypes


def test_the_kernels_of_that_model_make_no_float64_array():
    """What the types promise, the arrays keep."""
    loss, weights = lstm_language_model("float32")
    gradients = tg.grad(loss, weights)
    graph = tg.Graph({f"{i}": node for i, node in enumerate([loss, *gradients])})
    labels = np.zeros((3, 2), int)
    run = tg.compile(graph)
    out = run({"text": labels, "labels": labels})
    assert {value.dtype.name for value in out.values()} == {"float32"}
