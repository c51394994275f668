"""copy, deepcopy and pickle: what works, and the sentence where it cannot."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import tinygraph as tg


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


def small():
    """A loop with a parameter lifted over time, noise, and a REPLICATE delay."""
    x = tg.sequence("x", ("batch", 3))
    w = tg.parameter("w", np.eye(3, dtype="float32"))
    before = tg.delay("before", shape=("batch", 3))
    with tg.scope("cell"):
        h = tg.tanh(x @ w + before + tg.normal((3,), name="noise"))
    before.close(h)
    near = tg.delay(source=h, steps=-2, init=tg.REPLICATE)
    lifted = tg.sum(tg.every_step(w))
    loss = tg.mean_over_time(tg.mean(h) + lifted)
    return tg.Graph({"h": h, "near": near, "loss": loss})


FEEDS = {"x": np.linspace(-1, 1, 24, dtype="float32").reshape(4, 2, 3)}


def same(a, b):
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], strict=True)


def test_a_loaded_graph_is_the_same_graph_of_other_nodes():
    graph = small()
    loaded = pickled(graph)
    for old, new in zip(graph, loaded, strict=True):
        assert old is not new
        for about in ("op", "type", "name", "scope", "line", "weak", "step"):
            assert getattr(old, about) == getattr(new, about)
    same(tg.interpret(loaded, FEEDS, seed=3), tg.interpret(graph, FEEDS, seed=3))
    assert tg.every_step(loaded["w"]) in loaded.nodes
    assert not loaded["w"].attrs["value"].flags.writeable
    with pytest.raises(TypeError):
        loaded["w"].attrs["value"] = 1
    assert not loaded["before"].is_open


def test_what_is_pickled_together_stays_together():
    graph = small()
    unrolled, state = tg.unroll(graph, 4), tg.stateful(graph)
    about = {"w": graph["w"], "state": state, "graph": graph, "unrolled": unrolled}
    new = pickled(about)
    assert new["graph"]["w"] is new["w"]
    assert new["unrolled"].folded is new["graph"] is new["state"].stateless
    assert new["unrolled"].at("h", 2).origin is new["graph"]["h"]
    assert new["unrolled"].at("w", 0) is new["w"]
    gradient = tg.grad(tg.sum(new["unrolled"].outputs["h"]), new["w"])
    wanted = tg.grad(tg.sum(unrolled.outputs["h"]), graph["w"])
    same(
        tg.interpret(tg.Graph(gradient), FEEDS),
        tg.interpret(tg.Graph(wanted), FEEDS),
    )
    first = state.initial_state(FEEDS)
    same(first, new["state"].initial_state(FEEDS))
    feeds = {**FEEDS, **first}
    same(tg.interpret(new["state"], feeds), tg.interpret(state, feeds))


def test_two_graphs_in_one_pickle_share_leaves_and_lifts():
    one = small()
    two = tg.Graph(tg.sum_over_time(tg.every_step(one["w"]) * 2.0))
    loaded_one, loaded_two = pickled((one, two))
    assert loaded_one["w"] is loaded_two["w"]
    lifted = tg.every_step(loaded_two["w"])
    assert lifted in loaded_one.nodes
    assert lifted in loaded_two.nodes


@pytest.mark.parametrize("unrolled", [False, True])
def test_a_graph_cut_from_an_unrolled_one_keeps_its_origins(unrolled):
    graph = small()
    whole = tg.unroll(graph, 4)
    cut = tg.Graph({"y": whole.at("h", 3)})
    new, folded = pickled((cut, graph) if unrolled else (cut, None))
    same(tg.interpret(new, FEEDS), tg.interpret(cut, FEEDS))
    assert (new.fed["x"] is folded["x"]) if unrolled else ("x" in new.fed)


@pytest.mark.parametrize("change", [copy.copy, copy.deepcopy])
def test_a_copy_of_what_never_changes_is_itself(change):
    graph = small()
    unrolled, state = tg.unroll(graph, 2), tg.stateful(graph)
    for thing in (graph, unrolled, state, graph["h"], graph["x"], graph["before"]):
        assert change(thing) is thing
    assert change({"graph": graph})["graph"] is graph
    assert change(graph["h"].op) is graph["h"].op
    assert change(tg.REPLICATE) is pickled(tg.REPLICATE) is tg.REPLICATE
    flow = tg.gradient_flow(graph["loss"], FEEDS)
    assert change(flow) is flow


def test_a_parameter_is_not_copied_deeply():
    w = small()["w"]
    assert copy.copy(w) is w
    with pytest.raises(tg.CopyError, match="second one, or a second layer, under"):
        copy.deepcopy({"w": w})


def test_a_node_with_inputs_is_pickled_in_a_graph():
    for node in (small()["h"], tg.delay("d", shape=())):
        with pytest.raises(tg.CopyError, match=r"alone: pickle tg.Graph\({'y'"):
            pickle.dumps(node)


def test_an_op_is_found_by_its_name(monkeypatch):
    op = small()["h"].op
    assert pickled(op) is op
    with pytest.raises(tg.CopyError, match="not registered, and an op is found"):
        pickle.dumps(tg.Op("tanh", op.infer, op.impl))
    dumped = pickle.dumps(op)
    monkeypatch.delitem(tg.REGISTRY, op.name)
    with pytest.raises(tg.TinygraphError, match="import the module that registers it"):
        pickle.loads(dumped)


@pytest.mark.parametrize("backend", ["numpy", "interpret"])
def test_a_compiled_function_is_compiled_again(backend):
    run = tg.compile(small(), backend, without=["merge products"])
    run.parameters.update({"w": np.full((3, 3), 0.5, "float32")})
    loaded, parameters = pickled((run, run.parameters))
    assert loaded.parameters is parameters
    assert (loaded.backend, parameters.version) == (backend, 1)
    same(loaded(FEEDS), run(FEEDS))
    other, shared = copy.deepcopy(run), copy.copy(run)
    assert shared.parameters is run.parameters
    other.parameters.update({"w": np.zeros((3, 3), "float32")})
    assert run.parameters["w"][0, 0] == 0.5
    same(shared(FEEDS), run(FEEDS))


def test_a_compiled_function_of_an_older_pickle_is_loaded():
    """It says nothing of `parallel`, which was not there."""
    function = tg.compile(small())
    make, about = function.__reduce__()
    older = make(*about[:-1])
    assert (older.parallel, older.fast, older.backend) == (None, False, "numpy")


@pytest.mark.parametrize("change", [copy.copy, copy.deepcopy, pickled])
def test_copied_parameters_are_read_only_and_independent(change):
    kept = tg.Parameters({"w": np.ones(2)})
    kept.update({"w": np.zeros(2)})
    new = change(kept)
    assert new.version == 1
    with pytest.raises(ValueError, match="read-only"):
        new["w"][0] = 5.0
    new.update({"w": np.ones(2)})
    assert kept["w"].sum() == 0.0
    assert kept.version == 1


def test_a_drawing_is_saved():
    drawing = tg.draw(small())
    assert copy.deepcopy(drawing) is copy.copy(drawing) is drawing
    with pytest.raises(tg.CopyError, match="save it, drawing.save"):
        pickle.dumps(drawing)


def test_norms_are_pickled_with_their_nodes():
    graph = small()
    flow = tg.gradient_flow(graph["loss"], FEEDS)
    new = pickled(flow)
    assert new.loss == flow.loss
    assert [str(node) for node in new.values] == [str(node) for node in flow.values]
    for a, b in zip(new.gradients.values(), flow.gradients.values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_error_crosses_with_its_message():
    with pytest.raises(tg.ShapeError) as caught:
        tg.constant(np.ones(2)) + tg.constant(np.ones(3))
    loaded = pickled(caught.value)
    assert type(loaded) is tg.ShapeError
    assert str(loaded) == str(caught.value)
    graph = small()
    error = tg.NonFiniteError("no", node=graph["h"], step=3)
    assert copy.copy(error).node is copy.deepcopy(error).node is graph["h"]
    assert (pickled(error).step, pickled(error).node) == (3, None)
    assert pickled(tg.NonFiniteError("no", node=graph["w"])).node.name == "w"


def test_another_process_draws_the_same_numbers():
    graph = small()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(tg.interpret, (graph, FEEDS, None, 0, 7))
    same(found, tg.interpret(graph, FEEDS, None, 0, 7))
