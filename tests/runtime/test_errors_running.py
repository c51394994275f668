"""Errors when a graph is run or unrolled: which leaf or node, wanted, got."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, recurrence, refused, value

LINE = r"test_errors_running\.py:\d+"
X = np.ones((5, 2, 3), F32)


@pytest.fixture(params=["numpy", "interpret"])
def run(request):
    """loss(x, ys; W): x over t (batch, 3), ys static (batch,), W (3,)."""
    x, w = tg.sequence("x", ("batch", 3)), tg.parameter("W", np.ones(3, F32))
    ys = tg.placeholder("ys", ("batch",))
    loss = tg.sum_over_time(tg.sum((x @ w) * ys))
    return tg.compile({"loss": loss}, backend=request.param)


def feeds(**changed):
    return {"x": X, "ys": np.ones(2, F32), **changed}


FEEDS = {
    "missing": (
        lambda: {"x": X},
        tg.MissingFeedError,
        rf"no feed for placeholder ys: float32\[batch\], made at {LINE}; fed: x",
    ),
    "unknown": (
        lambda: feeds(z=1.0),
        tg.UnknownFeedError,
        "'z' names no leaf of the graph; its leaves are x, W, ys",
    ),
    "a node that is no leaf": (
        lambda: {**feeds(), tg.tanh(tg.constant(1.0)): 1.0},
        tg.UnknownFeedError,
        r"tanh: float32\[\] names no leaf of the graph",
    ),
    "a leaf of another graph": (
        lambda: {**feeds(), tg.placeholder("ys"): 1.0},
        tg.UnknownFeedError,
        r"ys: float32\[\] names no leaf",
    ),
    "rank": (
        lambda: feeds(x=X[0]),
        tg.FeedShapeError,
        r"sequence 'x': wanted 3 axes, \('t', 'batch', 3\) \(time first\), "
        r"got shape \(2, 3\)",
    ),
    "dimension": (
        lambda: feeds(x=X[..., :2]),
        tg.FeedShapeError,
        r"sequence 'x': dimension 2 of \('t', 'batch', 3\) wanted 3, got 2 \(shape "
        r"\(5, 2, 2\)\)",
    ),
    "two leaves disagree": (
        lambda: feeds(ys=np.ones(4, F32)),
        tg.FeedShapeError,
        r"dimension 'batch' is 2 in sequence 'x', but 4 in placeholder 'ys'",
    ),
    "dtype": (
        lambda: feeds(x=X.astype(F64)),
        tg.FeedDTypeError,
        r"sequence 'x' is float32, got float64: that cast could lose information. "
        r"Feed x.astype\('float32'\), or make the leaf with dtype='float64'",
    ),
    "None": (
        lambda: feeds(ys=None),
        tg.FeedDTypeError,
        "placeholder 'ys' is float32, got object: feed numbers",
    ),
    "text": (lambda: feeds(ys="ab"), tg.FeedDTypeError, "got <U2: feed numbers"),
    "ragged": (
        lambda: feeds(x=[[[1.0, 2.0]], [[1.0]]]),
        tg.FeedShapeError,
        "'x': .*inhomogeneous",
    ),
    "a list that overflows": (
        lambda: feeds(ys=[1e300, 1.0]),
        tg.FeedDTypeError,
        "placeholder 'ys' is float32, got float64: a value does not fit float32",
    ),
    "no dict": (lambda: [X], tg.FeedError, "feeds must be a dict .*, not list"),
    "T = 0": (
        lambda: feeds(x=X[:0]),
        tg.StepsError,
        "sequence 'x' has T = 0 steps; at least one is needed",
    ),
    "a parameter's shape": (
        lambda: feeds(W=np.ones(4, F32)),
        tg.FeedShapeError,
        r"parameter 'W': dimension 0 of \(3,\) wanted 3, got 4",
    ),
}


@pytest.mark.parametrize("name", FEEDS)
def test_feeds(name, run):
    make, kind, pattern = FEEDS[name]
    refused(kind, pattern, run, make())


def test_the_data_of_a_feed_error(run):
    found = refused(tg.FeedShapeError, "x", run, feeds(x=X[0]))
    assert (found.leaf, found.wanted) == (run.graph["x"], ("t", "batch", 3))
    assert found.got == (2, 3)
    found = refused(tg.FeedShapeError, "batch", run, feeds(ys=np.ones(4, F32)))
    assert (found.name, found.sizes) == ("batch", (2, 4))


def test_fed_twice(run):
    twice = {**feeds(), run.graph["x"]: X}
    refused(
        tg.UnknownFeedError, "'x' is fed twice, by its name and as a node", run, twice
    )


CALLS = {
    "steps disagree": (
        {"steps": 6},
        tg.StepsError,
        "sequence 'x' has 5 steps of time axis 't', but the argument steps has 6",
    ),
    "no steps": ({"steps": 0}, tg.StepsError, "steps=0: T must be at least one"),
    "fractions": ({"steps": 5.0}, tg.StepsError, "steps must be an int, not 5.0"),
    "axis": ({"steps": {"s": 5}}, tg.StepsError, "steps for 's', but the time axes"),
    "start": ({"start": 1.5}, tg.FeedError, "start must be an int, not 1.5"),
    "negative start": ({"start": -1}, tg.FeedError, "start=-1: the first step"),
    "seed": ({"seed": "a"}, tg.FeedError, "seed must be an int, not 'a'"),
    "big seed": ({"seed": 2**32}, tg.FeedError, r"seed must be an int in \[0, 2\*\*32"),
}


@pytest.mark.parametrize("name", CALLS)
def test_arguments_of_a_call(name, run):
    options, kind, pattern = CALLS[name]
    refused(kind, pattern, run, feeds(), **options)


def test_sequences_of_different_length():
    both = tg.sequence("p") + tg.sequence("q")
    refused(
        tg.StepsError,
        "sequence 'p' has 2 steps of time axis 't', but sequence 'q' has 3: all",
        tg.evaluate,
        both,
        {"p": np.ones(2, F32), "q": np.ones(3, F32)},
    )


def test_nothing_binds_a_size():
    total = tg.sum_over_time(tg.every_step(1.0))
    refused(
        tg.MissingFeedError,
        r"nothing says how many steps time axis 't' has.*Pass steps=",
        tg.evaluate,
        total,
    )
    assert value(total, steps=7) == 7
    wide = tg.broadcast_to(1.0, ("batch",))
    refused(
        tg.MissingFeedError,
        rf"nothing binds the dimension 'batch' that 'broadcast_to', made at {LINE}",
        tg.evaluate,
        wide,
    )


@pytest.mark.parametrize(
    ("dtype", "numbers"),
    [("uint8", [300]), ("uint8", [-1]), ("int32", [2**40]), ("bool", [2])],
)
def test_lists_of_ints_never_wrap(dtype, numbers):
    leaf = tg.placeholder("p", (1,), dtype)
    refused(tg.FeedDTypeError, f"'p' is {dtype}", tg.evaluate, leaf, {"p": numbers})


@pytest.mark.parametrize("backend", ["numpy", "interpret"])
@pytest.mark.parametrize("in_loop", [False, True])
def test_an_index_out_of_range_names_its_node(backend, in_loop):
    words = tg.sequence("words", (), "int64")
    table = tg.parameter("table", np.eye(4, dtype=F32))
    if in_loop:
        before = tg.delay("before", shape=(4,))
        rows = tg.take(table, words + tg.argmax(before, 0), axis=0).named("rows")
        before.close(rows)
    else:
        rows = tg.take(table, words, axis=0).named("rows")
    run = tg.compile({"rows": rows}, backend=backend)
    refused(
        tg.IndexRangeError,
        rf"(?s)index 7 is out of bounds.*in rows: float32\[4\], made at {LINE}",
        run,
        {"words": [0, 7]},
    )


COMPILING = {
    "backend": (
        lambda g: tg.compile(g, backend="cuda"),
        tg.BackendError,
        "no backend 'cuda'; there are 'auto', 'numpy', 'native', 'jax', 'interpret'",
    ),
    "a dict of parameters": (
        lambda g: tg.compile(g, parameters={"W": np.ones(3, F32)}),
        tg.ParameterError,
        r"parameters must be tg.Parameters, not dict: tg.Parameters\(values\)",
    ),
    "a missing parameter": (
        lambda g: tg.compile(g, parameters=tg.Parameters({"V": 1.0})),
        tg.ParameterError,
        rf"the shared parameters lack 'W', made at {LINE}; they hold V",
    ),
    "a parameter's shape": (
        lambda g: tg.compile(g, parameters=tg.Parameters({"W": np.ones(4, F32)})),
        tg.ParameterError,
        r"parameter W: float32\[3\] is float32\(4,\) in the shared parameters",
    ),
    "an unknown parameter": (
        lambda g: tg.compile(g).parameters.update({"V": 1.0}),
        tg.ParameterError,
        "no parameter is named 'V'; there are W",
    ),
    "an update of another shape": (
        lambda g: tg.compile(g).parameters.update({"W": np.ones(4, F32)}),
        tg.ParameterError,
        r"parameter 'W': wanted shape \(3,\), got \(4,\)",
    ),
    "an update of another kind": (
        lambda g: tg.compile(g).parameters.update({"W": np.ones(3, complex)}),
        tg.ParameterError,
        r"parameter 'W' is float32, got complex128: cast it with .astype\('float32'\)",
    ),
    "text": (
        lambda g: tg.Parameters({"W": "text"}),
        tg.ParameterError,
        "parameter 'W': dtype <U4 is not supported",
    ),
    "a written array": (
        lambda g: tg.compile(g).parameters["W"].__setitem__(0, 1.0),
        ValueError,
        "read-only",
    ),
}


@pytest.mark.parametrize("name", COMPILING)
def test_compiling_and_parameters(name, run):
    act, kind, pattern = COMPILING[name]
    refused(kind, pattern, act, run.graph)


UNROLLING = {
    "no step": (lambda g: tg.unroll(g, 0), tg.StepsError, "at least one step, not 0"),
    "no int": (
        lambda g: tg.unroll(g, 2.0),
        tg.StepsError,
        "of at least one step, not 2.0",
    ),
    "axis": (
        lambda g: tg.unroll(g, {"t": 2, "s": 1}),
        tg.StepsError,
        "no time axis 's'",
    ),
    "missing axis": (
        lambda g: tg.unroll(g, {}),
        tg.StepsError,
        "time axis 't' needs an",
    ),
    "another T": (
        lambda g: tg.compile(tg.unroll(g, 3))({"x": np.ones(2)}),
        tg.StepsError,
        "sequence 'x' has 2 steps of time axis 't', but the unrolled graph has 3",
    ),
    "beyond T": (
        lambda g: tg.unroll(g, 3).at("x", 3),
        tg.StepsError,
        "step 3 of 't' does not exist: T = 3",
    ),
    "before 0": (
        lambda g: tg.unroll(g, 3).at("x", -1),
        tg.StepsError,
        "step -1 of 't'",
    ),
    "not needed": (
        lambda g: tg.unroll(g, 3).at(tg.tanh(g["x"]), 0),
        tg.UnknownNameError,
        r"tanh: float64\[\] has no copy at step 0: no output needs it",
    ),
}


@pytest.mark.parametrize("name", UNROLLING)
def test_unrolling(name):
    act, kind, pattern = UNROLLING[name]
    refused(kind, pattern, act, tg.Graph(recurrence()[2]))


def test_what_progress_and_fast_may_be():
    x = tg.sequence("x")
    with pytest.raises(tg.BackendError, match="progress must be a function .* not 3"):
        tg.compile({"y": x}, progress=3)
    with pytest.raises(tg.BackendError, match="fast must be True or False, not 'yes'"):
        tg.compile({"y": x}, fast="yes")
