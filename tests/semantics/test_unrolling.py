"""Unrolling: the same objects where nothing moves, one copy per step where it does."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, recurrence, refused, values

XS = np.array([[0.1, 0.5], [-0.3, 0.7], [0.2, -0.9], [0.4, 0.0]])


@pytest.fixture
def model():
    """A recurrence with every kind of leaf and a static part."""
    x = tg.sequence("x", ("batch", 2), F64)
    w = tg.parameter("W", np.array([[0.5, -1.0], [0.25, 0.75]]))
    h0 = tg.placeholder("h0", (2,), F64)
    before = tg.delay("before", init=h0 * 2.0, shape=("batch", 2))
    h = tg.tanh(x @ w + before, name="h")
    before.close(h)
    loss = tg.mean_over_time(tg.sum(h * h), name="loss")
    return tg.Graph({"h": h, "loss": loss, "last": tg.last(h)})


FEEDS = {"x": XS[:, np.newaxis] * [[1.0], [2.0]], "h0": np.array([0.3, -0.2])}


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_meaning_is_kept(model, steps):
    feeds = {**FEEDS, "x": FEEDS["x"][:steps]}
    wanted = values(model, feeds)
    unrolled = tg.unroll(model, steps)
    found = values(unrolled, feeds)
    for name in wanted:
        close(found[name], wanted[name])
    by_leaf = {model[name]: value for name, value in feeds.items()}
    close(values(unrolled, by_leaf)["h"], wanted["h"])


def test_no_delay_is_left_and_nothing_is_per_step(model):
    unrolled = tg.unroll(model, 3)
    assert unrolled.delays == []
    assert {node.time for node in unrolled} == {None}
    assert (unrolled.steps, unrolled.folded) == ({"t": 3}, model)
    assert unrolled.outputs["h"].type.shape == ("t", "batch", 2)


def test_static_nodes_are_the_same_objects(model):
    unrolled = tg.unroll(model, 3)
    same = set(model.nodes) & set(unrolled.nodes)
    kinds = sorted(node.op.name for node in same)
    assert kinds == ["constant", "multiply", "parameter", "placeholder"]
    for name in ("W", "h0"):
        assert unrolled.at(name, 1) is model[name]


def test_one_copy_per_step_of_each_per_step_node(model):
    """Delays have none; nothing but the stack of an output is new."""
    steps = 5
    unrolled = tg.unroll(model, steps)
    moving = [n for n in model if n.time is not None and not isinstance(n, tg.Delay)]
    copies = [node for node in unrolled if node.step is not None]
    broadcast = [node for node in copies if node.op.name == "broadcast_to"]
    assert len(copies) - len(broadcast) == steps * len(moving)
    assert len(broadcast) == 1
    for node in moving:
        own = [copy for copy in copies if copy.origin is node]
        assert sorted(copy.step for copy in own) == list(range(steps))
        for copy in own:
            assert unrolled.at(node, copy.step) is copy
            assert copy.type == node.type.with_time(None)
            assert (copy.line, copy.scope) == (node.line, node.scope)


def test_a_sequence_becomes_a_leaf_per_step(model):
    unrolled = tg.unroll(model, 3)
    x = model["x"]
    leaves = [leaf for leaf in unrolled.leaves if leaf.origin is x]
    assert [leaf.name for leaf in leaves] == ["x[0]", "x[1]", "x[2]"]
    assert sorted(unrolled.fed) == ["W", "h0", "x"]


def test_names_of_copies_never_clash_with_the_users():
    both = tg.sequence("x", (), F64) * tg.placeholder("x[0]", (), F64)
    unrolled = tg.unroll(tg.Graph(both), 2)
    found = values(unrolled, {"x": np.array([1.0, 2.0]), "x[0]": 3.0})
    close(found["output"], [3.0, 6.0])


def test_only_what_the_outputs_need():
    x, before, h = recurrence()
    unrolled = tg.unroll(tg.Graph({"first": tg.first(h)}), 4)
    assert [leaf.name for leaf in unrolled.leaves] == ["x[0]"]
    refused(tg.UnknownNameError, "has no copy at step 2", unrolled.at, h, 2)
    late = tg.unroll(tg.Graph({"last": tg.last(tg.delay(source=x, steps=3))}), 5)
    assert [leaf.name for leaf in late.leaves] == ["x[1]"]
    fed = {"x": np.arange(5.0)}
    close(values(late, fed)["last"], 1.0)
    assert before.source is h


def test_at_a_delay_is_its_sources_earlier_copy():
    x, before, h = recurrence(steps=2, init=0.25)
    unrolled = tg.unroll(tg.Graph({"h": h}), 4)
    assert unrolled.at(before, 3) is unrolled.at(h, 1)
    assert unrolled.at("h", 2) is unrolled.at("act", 2)
    assert unrolled.at(before, 1) is before.slot
    assert unrolled.at(x, 0).origin is x


def test_gradients_are_taken_of_the_unrolled_graph(model):
    """∂loss/∂W of the unrolled graph is that of the folded one; x has T gradients."""
    unrolled = tg.unroll(model, 4)
    wrt = [model["W"], model["h0"]]
    x, h = model["x"], model["h"]
    folded = tg.Graph(
        {
            "dW": tg.grad(model["loss"], wrt[0]),
            "d_init": tg.grad(model["loss"], wrt[1]),
            "dx": tg.grad(model["loss"], x),
            "dh": tg.grad(model["loss"], h),
        }
    )
    wanted = values(folded, FEEDS)
    copies = {f"dx{t}": unrolled.at(x, t) for t in range(4)}
    copies |= {f"dh{t}": unrolled.at(h, t) for t in range(4)}
    loss = unrolled.outputs["loss"]
    names = ["dW", "d_init", *copies]
    gradients = tg.grad(loss, [*wrt, *copies.values()])
    found = values(dict(zip(names, gradients, strict=True)), FEEDS)
    close(found["dW"], wanted["dW"])
    close(found["d_init"], wanted["d_init"])
    for what in ("dx", "dh"):
        close(np.stack([found[f"{what}{t}"] for t in range(4)]), wanted[what])


def test_a_folded_gradient_is_unrolled(model):
    x, w = model["x"], model["W"]
    gradients = dict(zip(["dx", "dW"], tg.grad(model["loss"], [x, w]), strict=True))
    graph = tg.Graph(gradients)
    wanted, found = values(graph, FEEDS), values(tg.unroll(graph, 4), FEEDS)
    close(found["dx"], wanted["dx"])
    close(found["dW"], wanted["dW"])


def test_every_step_has_a_copy_per_step():
    x, w = tg.sequence("x", (), F64), tg.parameter("W", np.array(3.0))
    lifted = tg.every_step(w)
    loss = tg.sum_over_time(tg.square(x * w))
    unrolled = tg.unroll(tg.Graph({"loss": loss}), 3)
    copies = [unrolled.at(lifted, t) for t in range(3)]
    assert len(set(copies)) == 3
    assert all(copy.inputs == (w,) for copy in copies)
    gradients = dict(enumerate(tg.grad(unrolled["loss"], copies)))
    xs = np.array([1.0, 2.0, -1.0])
    found = values({f"{t}": node for t, node in gradients.items()}, {"x": xs})
    close([found[f"{t}"] for t in range(3)], 2 * 3.0 * xs**2)


def test_two_time_axes():
    x = tg.sequence("x", (), F64, time="source")
    y = tg.sequence("y", (), F64, time="target")
    summary = tg.sum_over_time(x)
    graph = tg.Graph({"z": y * summary, "x": x, "steps": tg.extent("source") * 1.0})
    unrolled = tg.unroll(graph, {"source": 3, "target": 2})
    assert unrolled.steps == {"source": 3, "target": 2}
    feeds = {"x": np.array([1.0, 2.0, 3.0]), "y": np.array([1.0, -1.0])}
    wanted, found = values(graph, feeds), values(unrolled, feeds)
    for name in wanted:
        close(found[name], wanted[name])
    close(found["z"], [6.0, -6.0])
    assert tg.unroll(graph, 2).steps == {"source": 2, "target": 2}
    short = {"x": np.ones(3), "y": np.ones(3)}
    refused(tg.StepsError, "'target'", tg.compile(unrolled), short)


def test_random_nodes_keep_their_numbers():
    noise = tg.uniform((2,), F64, name="noise")
    graph = tg.Graph({"n": noise, "late": tg.delay(source=noise, init=tg.REPLICATE)})
    wanted = values(graph, steps=3, seed=5, start=2)
    found = values(tg.unroll(graph, 3), seed=5, start=2)
    close(found["n"], wanted["n"])
    close(found["late"], wanted["late"])
    assert len(np.unique(found["n"])) == 6


def test_step_index_and_extent():
    graph = tg.Graph({"i": tg.step_index() * 10, "n": tg.extent("t") + tg.step_index()})
    found = values(tg.unroll(graph, 3), start=4)
    close(found["i"], [40, 50, 60])
    close(found["n"], [7, 8, 9])


def test_unrolling_is_linear_in_the_number_of_steps():
    graph = tg.Graph({"h": recurrence()[2]})
    few, many = (len(tg.unroll(graph, steps)) for steps in (10, 1000))
    per_step = len([n for n in graph if n.time is not None]) - 1
    assert many - few == 990 * per_step


def test_an_unrolled_graph_unrolls_to_itself_in_value(model):
    again = tg.unroll(tg.unroll(model, 3), 3)
    feeds = {**FEEDS, "x": FEEDS["x"][:3]}
    close(values(again, feeds)["h"], values(model, feeds)["h"])
