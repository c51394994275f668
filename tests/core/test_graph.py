"""Graph: closure, order, names, and replacing nodes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.kit import F64, close, recurrence, refused, value, values
from tinygraph.testing import assert_same_values, feeds_for, recurrent_graphs

XS = np.array([0.1, 0.5, -0.3, 0.7])


def dropout_loop():
    """y[t] = tanh(x[t] + kept[t - 1]), kept = y * mask."""
    x, mask = tg.sequence("x", (), F64), tg.sequence("mask", (), F64)
    before = tg.delay("before", shape=(), dtype=F64)
    y = tg.tanh(x + before, name="y")
    kept = tg.multiply(y, mask, name="kept")
    before.close(kept)
    return tg.Graph({"y": y, "kept": kept, "before": before})


def looped(into=lambda s, t: s, out_of=lambda y, t: y):
    """The loop in Python; `into` changes the state read, `out_of` the one kept."""
    state, ys = 0.0, []
    for t, x in enumerate(XS):
        ys.append(np.tanh(x + into(state, t)))
        state = out_of(ys[-1], t)
    return np.array(ys)


def test_a_graph_is_what_its_outputs_need():
    x, before, h = recurrence()
    unused = tg.tanh(x)
    graph = tg.Graph({"h": h, "again": h, "before": before})
    assert unused not in graph.nodes
    assert set(graph.nodes) > {x, before, h, before.slot}
    assert len(graph) == len(set(graph.nodes)) == 8
    assert list(graph) == graph.nodes
    assert (graph.delays, graph.leaves, graph.sequences) == ([before], [x], [x])
    assert list(graph.outputs) == ["h", "again", "before"]
    assert repr(graph) == "<Graph of 8 nodes and 1 delays: h, again, before>"


def test_nodes_stand_after_their_inputs_with_delays_cut():
    _, before, h = recurrence()
    late = tg.delay(source=tg.sin(h), init=tg.REPLICATE)
    graph = tg.Graph({"late": late})
    place = {node: i for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        inputs = node.inputs[1:] if node is before else node.inputs
        assert all(place[part] < place[node] for part in inputs)
    assert tg.Graph({"late": late}).nodes == graph.nodes


def test_the_kinds_of_leaves():
    x, p = tg.sequence("x", ("batch",)), tg.placeholder("p", ("width",))
    w = tg.parameter("W", 1.0)
    graph = tg.Graph(tg.sum_over_time(tg.sum(x)) * tg.sum(p) * w * tg.constant(2.0))
    assert (graph.sequences, graph.placeholders, graph.parameters) == ([x], [p], [w])
    assert sorted(graph.fed) == ["W", "p", "x"]
    assert (graph.times, sorted(graph.dims)) == (["t"], ["batch", "width"])
    assert list(tg.Graph(w).outputs) == ["output"]


def test_looking_up_by_name():
    x, before, h = recurrence()
    graph = tg.Graph({"out": h})
    assert (graph["out"], graph["act"], graph["x"]) == (h, h, x)
    assert graph.delay("h") is graph.delay(before) is before
    w = tg.parameter("W", np.ones(()))
    lifted = tg.Graph(tg.every_step(w) * x)
    assert lifted["W"] is w


def test_unnamed_delays_are_numbered():
    x = tg.sequence("x")
    first, second = tg.delay(source=x), tg.delay(source=x, steps=2)
    taken = tg.delay("delay_0", source=x)
    graph = tg.Graph(first + second + taken)
    names = graph.delay_names
    assert names[taken] == "delay_0"
    assert sorted(names.values()) == ["delay_0", "delay_1", "delay_2"]
    assert graph.delay("delay_1") is first


def test_replace_keeps_leaves_and_what_does_not_depend():
    x, w = tg.sequence("x", (), F64), tg.parameter("W", np.array(2.0))
    kept = tg.tanh(x)
    graph = tg.Graph({"a": kept * w, "b": kept})
    other = graph.replace({w: 3.0})
    assert other["b"] is kept
    assert graph["a"] is not other["a"]
    assert other.leaves == [x]
    assert graph.leaves == [x, w]
    found = values(other, {"x": XS})
    close(found["a"], np.tanh(XS) * 3)
    assert graph.replace({tg.Graph(kept)["x"]: x}).outputs == graph.outputs


def test_the_original_graph_is_unchanged():
    graph = dropout_loop()
    nodes = list(graph.nodes)
    graph.replace({graph["y"]: 1.0})
    assert tg.Graph(graph.outputs).nodes == nodes


def test_taking_a_node_out_of_a_loop():
    """The evaluation switch: what was dropped is gone from the recurrence too."""
    graph = dropout_loop()
    plain = graph.replace({graph["kept"]: graph["y"]})
    assert [leaf.label for leaf in plain.leaves] == ["x"]
    found = values(plain, {"x": XS})
    close(found["y"], looped())
    close(found["before"], [0.0, *looped()[:-1]])


def test_putting_a_node_into_a_loop():
    graph = dropout_loop()
    y, before = graph["y"], graph.delay("before")
    mask = np.array([1.0, 0.0, 2.0, 1.0])
    feeds = {"x": XS, "mask": mask}
    wrapped = graph.replace({y: tg.sin(y) * 0.5})
    inner = looped(out_of=lambda y, t: np.sin(y) * 0.5 * mask[t])
    close(values(wrapped, feeds)["y"], np.sin(inner) * 0.5)
    leaky = graph.replace({before: before * 0.5})
    inner = looped(into=lambda s, t: s * 0.5, out_of=lambda y, t: y * mask[t])
    close(values(leaky, feeds)["y"], inner)
    assert leaky.delay("before") is not before
    assert len(leaky.delays) == 1


def test_replacing_several_at_once():
    """A replacement sees what was replaced below it; two may change places."""
    x, mask = tg.sequence("x", (), F64), tg.sequence("mask", (), F64)
    one = tg.multiply(tg.tanh(x), mask, name="one")
    two = tg.multiply(tg.sin(one), mask, name="two")
    graph = tg.Graph({"y": two})
    plain = graph.replace({one: one.inputs[0], two: two.inputs[0]})
    assert plain.leaves == [x]
    close(values(plain, {"x": XS})["y"], np.sin(np.tanh(XS)))
    p, q = tg.placeholder("p", (), F64), tg.placeholder("q", (), F64)
    swapped = tg.Graph(p - 2 * q).replace({p: q, q: p})
    assert values(swapped, {"p": 1.0, "q": 10.0})["output"] == 8.0


def test_a_replacement_made_of_what_depends_on_the_old_node():
    """A step of gradient descent as a replacement: loss(W - loss'(W) / 4)."""
    w = tg.parameter("W", np.array(2.0))
    loss = tg.square(w - 1.0)
    descended = tg.Graph(loss).replace({w: w - 0.25 * tg.grad(loss, w)})
    assert values(descended)["output"] == 0.25
    x = tg.sequence("x", (), F64)
    y = tg.tanh(x)
    graph = tg.Graph({"z": tg.square(y)})
    other = graph.replace({y: y + graph["z"]})
    close(values(other, {"x": XS})["z"], (np.tanh(XS) + np.tanh(XS) ** 2) ** 2)


def test_scalars_and_static_values_take_the_place_of_every_step():
    graph = dropout_loop()
    ones = graph.replace({graph["mask"]: 1})
    assert ones["kept"].dtype == F64
    close(values(ones, {"x": XS})["y"], looped())
    x = tg.sequence("x", (2,), F64)
    total = tg.Graph({"sum": tg.sum_over_time(x), "x": x})
    w = tg.placeholder("w", (2,), F64)
    still = total.replace({x: w})
    found = values(still, {"w": np.array([1.0, 2.0])}, steps=3)
    close(found["sum"], [3.0, 6.0])
    close(found["x"], [[1.0, 2.0]] * 3)


def test_a_gradient_is_rebuilt_with_its_graph():
    x, _, h = recurrence()
    loss = tg.sum_over_time(tg.square(h))
    graph = tg.Graph({"loss": loss, "dx": tg.grad(loss, x)})
    scaled = graph.replace({h: h * 2.0})
    own = tg.Graph({"loss": loss}).replace({h: h * 2.0})
    fresh = tg.Graph({**own.outputs, "dx": tg.grad(own["loss"], x)})
    wanted = values(fresh, {"x": XS})
    assert values(scaled, {"x": XS})["loss"] == wanted["loss"]


REFUSED = {
    "circular": (
        lambda g: {g["y"]: tg.sin(g["kept"]), g["kept"]: tg.cos(g["y"])},
        tg.DelayFreeCycleError,
        r"a replacement needs its own result without a delay\n  kept -> sin -> kept\n"
        r"sin was made at test_graph\.py:\d+",
    ),
    "shape": (
        lambda g: {g["mask"]: tg.sequence("m", (2,), F64)},
        tg.ShapeError,
        r"delay 'before' is float64\[\] .*but its source 'kept' is float64\[2\]",
    ),
    "time": (
        lambda g: {g["mask"]: tg.sequence("m", (), F64, time="s")},
        tg.TimeAxisError,
        "two time axes never meet",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    graph = dropout_loop()
    make, kind, pattern = REFUSED[name]
    refused(kind, pattern, graph.replace, make(graph))


def test_a_circular_replacement_shows_its_cycle():
    graph = dropout_loop()
    make, kind, pattern = REFUSED["circular"]
    [cycle] = refused(kind, pattern, graph.replace, make(graph)).cycles
    assert [(v.label, u.label, k) for v, u, k in cycle] == [
        ("sin", "kept", 0),
        ("kept", "sin", 0),
    ]


def test_a_node_may_stand_under_two_names():
    x = tg.sequence("x", (), F64)
    found = values({"a": x, "b": x, "c": tg.identity(x)}, {"x": XS})
    assert found["a"] is not found["b"]
    close(found["c"], XS)
    close(value(x, {"x": XS}), XS)


@given(recurrent_graphs(), st.integers(1, 4), st.data())
@settings(max_examples=30, deadline=None)
def test_any_node_may_be_put_through_an_identity(graph, steps, data):
    """On a cycle, delays and leaves included."""
    node = data.draw(st.sampled_from(graph.nodes))
    feeds = feeds_for(graph, steps)
    other = graph.replace({node: tg.identity(node)})
    wanted = tg.interpret(graph, feeds, steps)
    assert_same_values(tg.interpret(other, feeds, steps), wanted)
    assert {leaf.label for leaf in other.leaves} == {
        leaf.label for leaf in graph.leaves
    }
