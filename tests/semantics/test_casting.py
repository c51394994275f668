"""Casts of feeds: integers of any width where they fit, floats where it is meant."""

import array
import collections

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import refused

F32, F64 = np.float32, np.float64
BACKENDS = ("interpret", "numpy", "auto")
WIDTHS = ("int8", "uint8", "int16", "int32", "uint32", "int64", "uint64")


def running_sum(dtype="float32", cast=False):
    """The running sum of a sequence x, and a placeholder p beside it."""
    x = tg.sequence("x", (2,), dtype, cast=cast)
    s_prev = tg.delay("s_prev", shape=(2,), dtype=dtype)
    s = s_prev + x
    s_prev.close(s)
    loss = tg.sum(tg.sum_over_time(tg.cast(s * s, "float32")))
    return tg.Graph({"s": s, "loss": loss})


@pytest.mark.parametrize("memory", [None, "checkpoint"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("leaf", ["int32", "int64", "uint8"])
def test_integers_of_any_width(leaf, backend, memory):
    if backend == "interpret" and memory:
        return
    run = tg.compile(running_sum(leaf), backend=backend, memory=memory)
    numbers = np.arange(6).reshape(3, 2)
    for width in WIDTHS:
        out = run({"x": numbers.astype(width)})
        assert out["s"].dtype == leaf
        assert out["s"].tolist() == np.cumsum(numbers, 0).tolist()


OVERFLOWS = [
    ("int32", np.array([1, 2**40])),
    ("int32", np.array([-(2**31) - 1, 2**31])),
    ("uint8", np.array([0, -1])),
    ("int64", np.array([0, 2**63], "uint64")),
    ("int8", np.array([128, 0], "uint8")),
]


@pytest.mark.parametrize("cast", [False, True])
@pytest.mark.parametrize(("leaf", "fed"), OVERFLOWS)
def test_integers_that_do_not_fit(leaf, fed, cast):
    limits = np.iinfo(leaf)
    worst = next(v for v in fed.tolist() if not limits.min <= v <= limits.max)
    refused(
        tg.FeedDTypeError,
        f"placeholder 'p' is {leaf}, got {fed.dtype}: the value {worst} does not fit",
        tg.evaluate,
        tg.placeholder("p", (2,), leaf, cast=cast),
        {"p": fed},
        cast=cast,
    )


def test_the_limits_of_a_width_fit():
    for leaf in WIDTHS:
        limits = np.iinfo(leaf)
        fed = np.array([limits.min, limits.max], "int64" if limits.min else "uint64")
        assert tg.evaluate(tg.placeholder("p", (2,), leaf), {"p": fed}).dtype == leaf
    empty = tg.sum(tg.placeholder("p", ("n",), "int32"))
    assert tg.evaluate(empty, {"p": np.zeros(0, "int64")}) == 0


@pytest.mark.parametrize("memory", [None, "checkpoint"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_floats_are_rounded_where_a_call_or_a_leaf_says_so(backend, memory):
    if backend == "interpret" and memory:
        return
    wide = np.random.default_rng(0).normal(size=(5, 2))
    plain = tg.compile(running_sum(), backend=backend, memory=memory)
    wanted = plain({"x": wide.astype(F32)})
    refused(tg.FeedDTypeError, "say that it is meant: cast=True", plain, {"x": wide})
    told = tg.compile(running_sum(cast=True), backend=backend, memory=memory)
    for _ in range(2):
        for out in (plain({"x": wide}, cast=True), told({"x": wide})):
            assert out["s"].dtype == F32
            assert np.array_equal(out["s"], wanted["s"])
        refused(tg.FeedDTypeError, "could lose information", plain, {"x": wide})


def test_casts_of_interpret_and_evaluate():
    graph, wide = running_sum(), np.array([[0.1, 0.2], [0.3, 0.4]])
    s = tg.interpret(graph, {"x": wide}, cast=True)["s"]
    assert np.array_equal(s, tg.evaluate(graph["s"], {"x": wide}, cast=True))
    assert tg.first_nonfinite(graph, {"x": wide}, cast=True) is None


def test_copies_of_a_leaf_keep_the_flag():
    graph, wide = running_sum(cast=True), np.array([[0.1, 0.2], [0.3, 0.4]])
    wanted = tg.interpret(graph, {"x": wide})["s"]
    state = {"state/s_prev": np.zeros((1, 2), F32)}
    others = {
        "unrolled": (tg.unroll(graph, 2), {}),
        "stateful": (tg.stateful(graph), state),
        "reversed": (tg.reverse_time(tg.reverse_time(graph)), {}),
        "replaced": (graph.replace({graph["s"]: graph["s"] * 1.0}), {}),
    }
    for what, (other, more) in others.items():
        out = tg.compile(other, backend="numpy")({"x": wide, **more})
        assert np.array_equal(out["s"], wanted), what
    plain = tg.unroll(running_sum(), 2)
    assert np.array_equal(tg.interpret(plain, {"x": wide}, cast=True)["s"], wanted)


def test_a_parameter_fed_for_one_call():
    w = tg.parameter("w", np.ones(2, F32))
    fed = {"w": np.array([0.1, 0.2])}
    refused(tg.FeedDTypeError, "parameter 'w' is float32", tg.evaluate, w, fed)
    assert np.array_equal(tg.evaluate(w, fed, cast=True), fed["w"].astype(F32))


def test_rounding_is_all_that_a_cast_does():
    p, n = tg.placeholder("p", (), cast=True), tg.placeholder("n", (), "int32")
    assert tg.evaluate(p, {"p": np.int64(2**24 + 1)}) == 2**24
    assert np.isinf(tg.evaluate(p, {"p": np.float64(np.inf)}))
    pattern = "'p' is float32, got float64: a value does not fit float32"
    refused(tg.FeedDTypeError, pattern, tg.evaluate, p, {"p": np.float64(1e300)})
    pattern = "'n' is int32, got float64: that cast could lose information. Feed n"
    wrong = {"n": np.float64(1.0)}
    refused(tg.FeedDTypeError, pattern, tg.evaluate, n, wrong, cast=True)


class HandsOutAnInterface:
    """What NumPy takes for an array, with neither a buffer nor `__array__`."""

    def __init__(self, numbers):
        self.numbers, self.__array_interface__ = numbers, numbers.__array_interface__


class Rows(collections.UserList):
    """A list that is no subclass of Python's."""


def typed(numbers):
    """The same float64 numbers in everything that has a dtype of its own."""
    torch = pytest.importorskip("torch")
    yield array.array("d", numbers)
    yield memoryview(array.array("d", numbers))
    yield HandsOutAnInterface(np.array(numbers))
    yield collections.deque(map(np.float64, numbers))
    yield Rows(map(np.float64, numbers))
    yield torch.tensor(numbers, dtype=torch.float64)
    yield [np.float64(number) for number in numbers]
    yield [torch.tensor(number, dtype=torch.float64) for number in numbers]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_has_a_dtype_follows_the_rule_of_arrays(backend):
    run = tg.compile({"y": tg.sequence("x") * 1}, backend=backend)
    for value in typed([0.1, 0.2]):
        with pytest.raises(
            tg.FeedDTypeError, match="'x' is float32, got float64: that cast could"
        ):
            run({"x": value})
        assert run({"x": value}, cast=True)["y"].dtype == np.float32
    assert run({"x": [0.1, 0.2]})["y"].dtype == np.float32


def test_a_masked_array_is_refused():
    """Its mask would be lost, also after a plain array of its shape and dtype."""
    run = tg.compile({"y": tg.sequence("x") * 1})
    run({"x": np.ones(3, "float32")})
    masked = np.ma.masked_greater(np.arange(3, dtype="float32"), 1)
    with pytest.raises(
        tg.FeedDTypeError, match="a masked array, whose mask would be lost: feed x"
    ):
        run({"x": masked})
    assert run({"x": masked.filled(0)})["y"].tolist() == [0, 1, 0]


MASKED = np.ma.array([1.0, 2.0], "float32", mask=[True, False])
WITHIN = {
    "alone": (MASKED, (2,)),
    "a list": ([MASKED, MASKED], (2, 2)),
    "lists": ([[np.float32(1)], [np.ma.masked]], (2, 1)),
    "a tuple": ((np.ones(2, "float32"), MASKED), (2, 2)),
    "a deque": (collections.deque([MASKED]), (1, 2)),
}


@pytest.mark.parametrize("where", WITHIN)
def test_masked_arrays_within_lists_and_of_parameters_are_refused_too(where):
    value, shape = WITHIN[where]
    lost = "is a masked array, whose mask would be lost"
    p = tg.placeholder("p", shape)
    refused(tg.FeedDTypeError, "fed a masked array", tg.evaluate, p, {"p": value})
    refused(tg.DTypeError, f"a constant {lost}", tg.constant, value)
    refused(tg.DTypeError, f"of parameter 'w' {lost}", tg.parameter, "w", value)
    refused(tg.ParameterError, f"of parameter 'w' {lost}", tg.Parameters, {"w": value})
    kept = tg.Parameters({"w": np.zeros(shape, "float32")})
    refused(tg.ParameterError, f"parameter 'w' {lost}", kept.update, {"w": value})
    assert kept.version == 0


UNFIT = [
    ("float32", np.array([0.0, 1e300]), "a value does not fit float32"),
    ("int8", np.array([1, 300]), "the value 300 does not fit int8"),
]


@pytest.mark.parametrize(("dtype", "value", "problem"), UNFIT)
def test_parameters_are_updated_by_numbers_that_fit(dtype, value, problem):
    kept = tg.Parameters({"w": np.zeros(2, dtype)})
    refused(tg.ParameterError, f"'w': {problem}", kept.update, {"w": value})
    kept.update({"w": value[:1].repeat(2)})
    assert kept["w"].dtype == dtype
    assert kept["w"].tolist() == [value[0]] * 2
    with pytest.raises(ValueError, match="read-only"):
        kept["w"][0] = 0


def test_a_tensor_that_requires_grad_is_refused_by_the_name_of_the_leaf():
    torch = pytest.importorskip("torch")
    tensor = torch.ones(3, requires_grad=True)
    with pytest.raises(
        tg.FeedShapeError, match="sequence 'x': this Tensor does not become an array"
    ):
        tg.evaluate(tg.sequence("x") * 1, {"x": tensor})
    assert tg.evaluate(tg.sequence("x") * 1, {"x": tensor.detach()}).tolist() == [1] * 3
