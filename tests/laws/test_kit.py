"""The kit itself: what is wrong is rejected, and the message says where."""

import dataclasses

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import testing
from tinygraph.testing import (
    assert_same_values,
    check_grads,
    check_vjp,
    describe,
    feeds_for,
)
from tinygraph.testing.rewiring import perturbed, rewired
from tinygraph.testing.widening import widened

SQUARE = tg.REGISTRY["square"]
RNG = np.random.default_rng(3)


def square(**changes):
    """The op square with something changed."""
    op = dataclasses.replace(SQUARE, name="wrong", **changes)
    return lambda x: tg.apply(op, x)


def wrong_vjp(y, ct):
    """Forget the factor 2."""
    return (ct * y.inputs[0],)


def wrong_jvp(y, tangents):
    """Forget the factor 2."""
    return tangents[0] * y.inputs[0]


def recurrence(dtype="float32"):
    x = tg.sequence("x", ("batch", 2), dtype)
    w = tg.parameter("w", RNG.normal(size=(2, 3)).astype(dtype))
    u = tg.parameter("u", RNG.normal(size=(3, 3)).astype(dtype) / 3)
    before = tg.delay("before", init=tg.placeholder("h0", ("batch", 3), dtype))
    h = tg.tanh(x @ w + before @ u, name="h")
    before.close(h)
    loss = tg.sum_over_time(tg.mean(tg.square(h)))
    return tg.Graph({"h": h, "loss": loss})


def test_a_right_derivative_passes():
    check_vjp(square(), RNG.normal(size=(2, 3)), order=3)
    check_vjp(square(), RNG.normal(size=(4, 2)), order=2, time="t")


def test_a_wrong_vjp_is_rejected():
    with pytest.raises(tg.LawError, match="but jvp give"):
        check_vjp(square(vjp=wrong_vjp), RNG.normal(size=3))


def test_a_vjp_and_jvp_wrong_alike_are_rejected_by_differences():
    function = square(vjp=wrong_vjp, jvp=wrong_jvp)
    with pytest.raises(tg.LawError, match="but central differences give") as caught:
        check_vjp(function, RNG.normal(size=3))
    assert caught.value.node.name == "x0"
    assert caught.value.got == pytest.approx(caught.value.wanted / 2)
    assert "wrong(%0)" in str(caught.value)


def test_a_wrong_jvp_is_rejected():
    with pytest.raises(tg.LawError, match="order 1: .*, but jvp give"):
        check_vjp(square(jvp=wrong_jvp), RNG.normal(size=3))


def test_a_jvp_that_is_wrong_where_two_operands_move_is_rejected():
    """Each alone, beside zeros, it is right."""

    def wrong(y, tangents):
        a, b = y.inputs
        pairs = zip(y.inputs, tangents, strict=True)
        ta, tb = (tg.zeros_like(x) if t is None else t for x, t in pairs)
        return ta * b + a * tb + ta * tb

    op = dataclasses.replace(tg.REGISTRY["multiply"], name="wrong", jvp=wrong)
    with pytest.raises(tg.LawError, match=r"order 1: .* x0: .*; x1: .* but jvp give"):
        check_vjp(lambda a, b: tg.apply(op, a, b), RNG.normal(size=3), np.ones(3))


def test_a_vjp_wrong_in_one_entry_is_rejected():
    mask = np.ones((3, 4))
    mask[2, 1] = 1 + 1e-3

    def almost(y, ct):
        return (2 * ct * y.inputs[0] * mask,)

    with pytest.raises(tg.LawError, match="order 1"):
        check_vjp(square(vjp=almost), RNG.normal(size=(3, 4)) + 2)


def test_a_derivative_that_is_no_function_of_x_is_rejected_at_second_order():
    """The vjp has the right value but stops the second derivative."""

    def blind(y, ct):
        return (2 * ct * tg.stop_gradient(y.inputs[0]),)

    check_vjp(square(vjp=blind), RNG.normal(size=3))
    with pytest.raises(tg.LawError, match="order 2"):
        check_vjp(square(vjp=blind), RNG.normal(size=3), order=2)


def test_a_stopped_gradient_is_rejected():
    def function(x):
        return tg.sum(x * tg.stop_gradient(x))

    with pytest.raises(tg.LawError, match="gradient with respect to x: float64"):
        check_grads(function, {"x": RNG.normal(size=3)})


def test_every_kind_of_node_can_be_checked():
    graph = recurrence()
    before, h = graph.delay("before"), graph["h"]
    lifted = tg.every_step(graph["u"])
    assert lifted in graph.nodes
    check_grads(graph, wrt=["x", "h0", "w", h, before, lifted, graph["loss"]], steps=4)


def test_a_node_of_another_graph_is_refused():
    with pytest.raises(tg.TinygraphError, match="not a node of the graph"):
        check_grads(recurrence(), wrt=[tg.placeholder("x", ())])


def test_a_graph_in_float32_is_checked_in_float64():
    graph = recurrence()
    wide, new = widened(graph)
    assert {node.dtype.name for node in wide} == {"float64"}
    assert new[graph["h"]].name == "h"
    assert isinstance(wide.delay("before"), tg.Delay)
    plain = tg.interpret(graph, feeds_for(graph, 3))
    feeds = {k: v.astype("float64") for k, v in feeds_for(graph, 3).items()}
    got = {k: v.astype("float32") for k, v in tg.interpret(wide, feeds).items()}
    assert_same_values(got, plain)


def test_rewired_changes_what_is_read_not_the_node():
    x = tg.sequence("x", (), "float64")
    before = tg.delay("before", shape=(), dtype="float64")
    h = x + before
    before.close(h)
    graph = tg.Graph({"h": h, "last": tg.last(h)})
    doubled = rewired(graph, {before: lambda d: 2 * d})
    ones = {"x": np.ones(3)}
    assert tg.interpret(doubled, ones)["h"].tolist() == [1, 3, 7]
    moved = perturbed(graph, h, "e")
    bumped = tg.interpret(moved, {**ones, "e": np.array([0, 10.0, 0])})
    assert bumped["h"].tolist() == [1, 12, 13]
    assert bumped["last"] == 13
    assert tg.interpret(graph, ones)["h"].tolist() == [1, 2, 3]


def test_same_values_says_where_and_by_how_much():
    got = {"y": np.array([[1.0, 2.0], [3.0, 4.5]])}
    wanted = {"y": np.array([[1.0, 2.0], [3.0, 4.0]])}
    message = r"'y' is .*4\.5.* at \(1, 1\), wanted .*4\.0.*: off by 0\.5 \(1 of 4"
    with pytest.raises(tg.LawError, match=message) as caught:
        assert_same_values(got, wanted)
    assert caught.value.index == (1, 1)
    assert caught.value.output == "y"


@pytest.mark.parametrize(
    ("got", "wanted", "message"),
    [
        (np.zeros(2), np.zeros(3), r"has shape \(2,\), wanted \(3,\)"),
        (np.zeros(2, "f4"), np.zeros(2), "is float32, wanted float64"),
        (np.array([np.nan]), np.array([1.0]), "is .*nan"),
        (np.array([np.inf]), np.array([-np.inf]), "is .*inf"),
        (np.array([1]), np.array([2]), "off by 1"),
        (np.array(1.0 + 1e-6), np.array(1.0), "off by 1e-06"),
    ],
)
def test_what_differs_is_rejected(got, wanted, message):
    with pytest.raises(tg.LawError, match=message):
        assert_same_values({"y": got}, {"y": wanted})


def test_results_with_other_names_are_rejected():
    with pytest.raises(tg.LawError, match="named a, wanted b"):
        assert_same_values({"a": np.zeros(1)}, {"b": np.zeros(1)})


def test_nan_equals_nan_and_rounding_is_forgiven():
    a = np.array([np.nan, np.inf, 1.0, 0.0])
    assert_same_values({"y": a}, {"y": a + [0, 0, 1e-12, 1e-13]})


def test_what_is_made_of_narrow_floats_is_as_exact_as_they_are():
    x = tg.sequence("x", (2,), "float64")
    narrow = tg.cast(tg.tanh(tg.cast(x, "float32")), "float64")
    graph = tg.Graph({"narrow": narrow, "wide": tg.tanh(x)})
    near, one = np.array([1 + 1e-6]), np.array([1.0])
    testing.assert_same_values({"narrow": near}, {"narrow": one}, graph=graph)
    with pytest.raises(tg.LawError, match="'wide' is"):
        testing.assert_same_values({"wide": near}, {"wide": one}, graph=graph)
    with pytest.raises(tg.LawError, match="'narrow' is"):
        testing.assert_same_values({"narrow": near}, {"narrow": one})


def test_a_broken_unrolling_is_rejected(monkeypatch):
    graph = recurrence()

    def backwards(graph, steps):
        return tg.unroll(tg.reverse_time(graph), steps)

    monkeypatch.setattr(testing.laws, "unroll", backwards)
    where = r"law 1, .*'h' is .* at \(0, 0, 0\)"
    with pytest.raises(tg.LawError, match=where) as caught:
        testing.check_unrolling(graph, 3)
    assert "before = delay(" in str(caught.value)
    with pytest.raises(tg.LawError, match="law 1 for the gradient"):
        testing.check_gradient_unrolling(graph, 3)


def test_a_gradient_that_forgets_the_loop_is_rejected(monkeypatch):
    graph = recurrence()

    def forgetful(graph, wrt, loss):
        cut = rewired(graph, dict.fromkeys(graph.delays, tg.stop_gradient))
        found = tg.grad(cut.outputs[loss], wrt, unconnected="zeros")
        named = {f"grad/{i}": node for i, node in enumerate(found)}
        return tg.Graph({**cut.outputs, **named})

    monkeypatch.setattr(testing.laws, "gradient_graph", forgetful)
    with pytest.raises(tg.LawError, match="law 2"):
        testing.check_gradient_unrolling(graph, 3)


def test_a_kernel_wrong_over_time_is_rejected():
    y = square(over_time=lambda y, arrays, steps: arrays[0] ** 2 + 1)(
        tg.sequence("x", (3,), "float64")
    )
    with pytest.raises(tg.LawError, match="law 5, call 1 of backend 'numpy'"):
        testing.check_backend(tg.Graph({"y": y}), "numpy")


def test_a_state_that_is_forgotten_is_rejected(monkeypatch):
    graph = recurrence()
    monkeypatch.setattr(testing.chunks, "stateful", lambda graph: _forgetful(graph))
    with pytest.raises(tg.LawError, match="law 6, 4 steps at once = 2 then 2"):
        testing.check_chunking(graph, 4)
    with pytest.raises(tg.LawError, match="law 8, TBPTT in chunks of 2"):
        testing.check_truncation(graph, 4, chunk=2)


def _forgetful(graph):
    carried = tg.stateful(graph)
    state = carried["state/before"]
    return tg.Graph({**carried.outputs, "state/before": state * 0.5})


def test_rows_declared_wrongly_are_rejected():
    flip = dataclasses.replace(tg.REGISTRY["flip"], name="wrong", rows=None)
    x = tg.placeholder("x", ("batch", 2), "float64")
    graph = tg.Graph({"y": tg.apply(flip, x, axis=(-2,))})
    with pytest.raises(tg.LawError, match=r"law 7, rows of 'batch' permuted by \["):
        testing.check_batch_permutation(graph)


def test_a_graph_that_looks_at_the_clock_is_no_mirror(monkeypatch):
    graph = recurrence()
    monkeypatch.setattr(testing.symmetries, "reverse_time", lambda graph: graph)
    with pytest.raises(tg.LawError, match="law 7, reverse_time"):
        testing.check_reverse_time(graph)


def test_laws_say_where_they_do_not_apply():
    x = tg.sequence("x", ("batch", 2))
    ahead = tg.delay("ahead", source=x, steps=-1)
    graph = tg.Graph({"y": tg.softmax(ahead, axis=0), "loss": tg.mean(tg.last(ahead))})
    for law, message in (
        (testing.check_chunking, "says nothing about future delays.*: ahead"),
        (testing.check_truncation, "says nothing about future delays"),
        (testing.check_batch_permutation, "says nothing here: rows are mixed: softmax"),
    ):
        with pytest.raises(tg.TinygraphError, match=message):
            law(graph)
    noise = tg.Graph({"y": tg.uniform((2,), name="u") + x, "x": x})
    with pytest.raises(tg.TinygraphError, match="random per-step nodes: u"):
        testing.check_reverse_time(noise)
    plain = tg.Graph({"loss": tg.mean(tg.last(x))})
    with pytest.raises(tg.TinygraphError, match="must be a sum_over_time"):
        testing.check_truncation(plain)
    other = tg.sequence("s", ("batch", 2), time="s")
    both = tg.Graph({"y": x + tg.last(other)})
    with pytest.raises(tg.TinygraphError, match="one time axis"):
        testing.check_chunking(both)
    with pytest.raises(tg.TinygraphError, match="has no copies"):
        testing.check_gradient_unrolling(recurrence(), wrt=recurrence().delays)


def test_a_description_lists_every_node():
    x = tg.sequence("x", (2,))
    d = tg.delay("d", source=x, init=0.5)
    assert describe(tg.Graph({"y": tg.sum(d, axis=0)})) == (
        "  %0 constant(0.5): float32[]\n"
        "  %1 d = delay(%3, steps=1, init=%0): float32[2] per step of 't'\n"
        "  %2 sum(%1, axis=(-1,), keepdims=False): float32[] per step of 't'\n"
        "  %3 x = sequence(): float32[2] per step of 't'\n"
        "  outputs: y = %2"
    )


def test_feeds_have_the_shapes_the_leaves_want():
    i = tg.sequence("i", ("batch",), "int64")
    table = tg.parameter("table", np.zeros((5, 2)))
    mask = tg.placeholder("mask", ("batch", 2), "bool")
    length = tg.placeholder("length", ("t", 1), "float32")
    rows = tg.take(table, (i + 0)[None, :][0], axis=0)
    graph = tg.Graph({"y": tg.where(mask, rows, 0), "length": length})
    feeds = feeds_for(graph, 50, sizes={"batch": 7})
    assert {k: v.shape for k, v in feeds.items()} == {
        "i": (50, 7),
        "mask": (7, 2),
        "length": (50, 1),
    }
    assert {k: v.dtype.name for k, v in feeds.items()} == {
        "i": "int64",
        "mask": "bool",
        "length": "float32",
    }
    assert set(np.unique(feeds["i"])) == {0, 1, 2, 3, 4}
    again = feeds_for(graph, 50, sizes={"batch": 7})
    assert all((feeds[name] == again[name]).all() for name in feeds)
    other = feeds_for(graph, 50, sizes={"batch": 7}, seed=1)
    assert (other["i"] != feeds["i"]).any()
    assert set(feeds_for(graph, parameters=True)) == {*feeds, "table"}
    unrolled = tg.unroll(graph, 50)
    assert list(feeds_for(unrolled, 50)) == list(feeds_for(graph, 50))


def test_feeds_are_the_caller_s_own():
    graph = tg.Graph({"y": tg.sequence("x", (2,)) * 2})
    first = feeds_for(graph, 3)["x"]
    before = first.copy()
    first[:] = 7
    np.testing.assert_array_equal(feeds_for(graph, 3)["x"], before)


def test_a_dtype_given_by_its_name_is_widened():
    """Or the value would be rounded on its way, and be float64 by its type alone."""
    x = tg.sequence("x", (2,), "float64")
    rounded = tg.apply(tg.REGISTRY["cast"], x, dtype="float32")
    graph, _ = widened(tg.Graph({"y": tg.cast(rounded, "float64")}))
    xs = np.array([[0.1, 1 / 3]])
    assert tg.interpret(graph, {"x": xs})["y"].tolist() == xs.tolist()
