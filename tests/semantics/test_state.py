"""Carried state: chunk after chunk equals all steps at once."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, refused, values

XS = np.random.default_rng(5).normal(size=(7, 2, 3))


def chunked(graph, xs, lengths, feeds=None, backend="numpy", **options):
    """Run chunk after chunk; return outputs per chunk and the last state."""
    run = tg.compile(tg.stateful(graph), backend=backend)
    feeds = feeds or {}
    begin = {**feeds, "x": xs[:1]}
    state = graph.initial_state(begin, seed=options.get("seed", 0))
    known = run.graph.fed
    feeds = {name: value for name, value in feeds.items() if name in known}
    found, start = [], 0
    for length in lengths:
        part = xs[start : start + length]
        out = run({**feeds, "x": part, **state}, start=start, **options)
        state = {name: out[name] for name in state}
        found.append(out)
        start += length
    assert start == len(xs)
    return found, state


def cell(**delays):
    """h = tanh(x + Σ delays of h); x (batch, 3)."""
    x = tg.sequence("x", ("batch", 3), F64)
    seen = [
        tg.delay(name, shape=("batch", 3), dtype=F64, **options)
        for name, options in delays.items()
    ]
    h = tg.tanh(tg.add_n(x, *seen) if len(seen) > 1 else x + seen[0], name="act")
    for delay in seen:
        delay.close(h)
    total = tg.sum_over_time(h)
    return tg.Graph({"h": h, "total": total, **{d.name: d for d in seen}})


CASES = {
    "one step": {"a": {}},
    "a scalar init": {"a": {"init": 0.3}},
    "a row": {"a": {"init": np.array([0.1, -0.2, 0.3])}},
    "a parameter": {"a": {"init": tg.parameter("a0", np.full(3, 0.5))}},
    "a placeholder": {"a": {"init": tg.placeholder("a0", ("batch", 3), F64)}},
    "three steps": {"a": {"steps": 3, "init": 0.2}},
    "history": {"a": {"steps": 2, "history": np.arange(12.0).reshape(2, 2, 3) / 10}},
    "several": {"a": {"steps": 3, "init": 0.2}, "b": {"init": -0.1}, "c": {"steps": 2}},
}
LENGTHS = [[7], [1] * 7, [2, 5], [4, 1, 2]]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lengths", LENGTHS)
def test_chunks_equal_all_steps_at_once(case, lengths):
    """Also where a chunk is shorter than the delay."""
    graph = fixed() if case == "history" else cell(**CASES[case])
    feeds = {"a0": np.full((2, 3), 0.25)} if case == "a placeholder" else {}
    whole = values(graph, {**feeds, "x": XS})
    for backend in ("numpy", "interpret"):
        found, _ = chunked(graph, XS, lengths, feeds, backend)
        for name, node in graph.outputs.items():
            if node.time is None:
                close(sum(out[name] for out in found), whole[name])
            else:
                close(np.concatenate([out[name] for out in found]), whole[name])


def fixed():
    x = tg.sequence("x", (2, 3), F64)
    a = tg.delay("a", **CASES["history"]["a"])
    h = tg.tanh(x + a)
    a.close(h)
    return tg.Graph({"h": h, "a": a})


def test_the_state_is_the_last_values_of_history_and_source():
    graph = cell(a={"steps": 3, "init": 0.2})
    hs = values(graph, {"x": XS})["h"]
    first = graph.initial_state({"x": XS})
    assert list(first) == ["state/a"]
    close(first["state/a"], np.full((3, 2, 3), 0.2))
    _, state = chunked(graph, XS, [7])
    close(state["state/a"], hs[-3:])
    _, state = chunked(graph, XS[:2], [2])
    close(state["state/a"], [np.full((2, 3), 0.2), *values(graph, {"x": XS[:2]})["h"]])


def test_leaves_and_outputs_are_named_after_the_delay():
    graph = cell(a={"steps": 2}, b={})
    carried = tg.stateful(graph)
    assert list(carried.outputs) == [*graph.outputs, "state/a", "state/b"]
    leaf = carried["x"]
    assert leaf is graph["x"]
    types = {leaf.label: str(leaf.type) for leaf in carried.placeholders}
    assert types == {
        "state/a": "float64[2, batch, 3]",
        "state/b": "float64[1, batch, 3]",
    }
    assert carried.stateless is graph
    close(carried.initial_state({"x": XS})["state/b"], np.zeros((1, 2, 3)))


def test_a_stateful_graph_stays_itself():
    carried = tg.stateful(cell(a={"steps": 2}))
    assert tg.stateful(carried) is carried


def test_an_output_named_as_a_state_is_refused():
    x, a = tg.sequence("x", (), F64), tg.delay("a", shape=(), dtype=F64)
    a.close(x)
    pattern = "stateful: the graph has an output named 'state/a' already"
    refused(tg.DuplicateNameError, pattern, tg.stateful, tg.Graph({"state/a": a}))


def test_unnamed_delays_have_states_too():
    x = tg.sequence("x", (), F64)
    graph = tg.Graph({"y": tg.delay(source=x) + tg.delay(source=x, steps=2)})
    assert list(graph.initial_state()) == ["state/delay_0", "state/delay_1"]
    found, _ = chunked(graph, np.arange(1.0, 6.0), [2, 3])
    close(np.concatenate([out["y"] for out in found]), [0, 1, 3, 5, 7])


@pytest.mark.parametrize("lengths", LENGTHS)
def test_replicate_takes_the_first_value_once(lengths):
    x = tg.sequence("x", (2, 3), F64)
    late = tg.delay("late", source=tg.sin(x), steps=2, init=tg.REPLICATE)
    graph = tg.Graph({"late": late})
    whole = values(graph, {"x": XS})["late"]
    close(whole[:3], np.sin(XS[[0, 0, 0]]))
    found, _ = chunked(graph, XS, lengths)
    close(np.concatenate([out["late"] for out in found]), whole)


def test_future_delays_are_left_alone():
    x = tg.sequence("x", (), F64)
    both = tg.delay("ahead", source=x, steps=-1) + tg.delay("back", source=x)
    carried = tg.stateful(tg.Graph({"y": both}))
    assert list(carried.outputs) == ["y", "state/back"]
    assert carried.delay("ahead").steps == -1
    assert tg.Graph(tg.delay(source=x, steps=-1)).initial_state() == {}


def test_steps_and_random_numbers_go_on():
    noise = tg.normal((2, 3), F64, name="noise")
    x = tg.sequence("x", (2, 3), F64)
    memory = tg.delay("memory", shape=(2, 3), dtype=F64)
    h = x * 0.5 + memory * 0.5 + noise + tg.step_index()
    memory.close(h)
    graph = tg.Graph({"h": h})
    whole = values(graph, {"x": XS}, seed=3)["h"]
    found, _ = chunked(graph, XS, [3, 4], seed=3)
    close(np.concatenate([out["h"] for out in found]), whole)


def test_an_initial_state_of_integers_and_trained_parameters():
    token = tg.delay("token", init=7, shape=("batch",), dtype="int64")
    token.close(token + tg.sequence("x", ("batch",), "int64"))
    graph = tg.Graph({"token": token})
    first = graph.initial_state({"x": np.zeros((1, 2), np.int64)})["state/token"]
    assert (first.dtype, first.tolist()) == (np.int64, [[7, 7]])
    learned = cell(a={"init": tg.parameter("a0", np.full(3, 0.5))})
    state = learned.initial_state({"x": XS, "a0": np.arange(3.0)})
    close(state["state/a"], np.broadcast_to(np.arange(3.0), (1, 2, 3)))


def test_what_an_initial_state_needs():
    start = tg.placeholder("start", ("batch", 3), F64)
    graph = cell(a={"init": start})
    refused(
        tg.MissingFeedError,
        r"initial_state needs a feed for start: float64\[batch, 3\], made at "
        r"test_state\.py:\d+: an initial state depends on it",
        graph.initial_state,
        {"x": XS},
    )
    refused(
        tg.MissingFeedError,
        "initial_state needs the size of 'batch' for .*: feed a leaf that has it",
        cell(a={}).initial_state,
    )
    refused(
        tg.UnknownFeedError, "'z' names no leaf", cell(a={}).initial_state, {"z": 1}
    )


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("begin", ["init", "replicate"])
def test_a_random_first_state_follows_the_seed(begin, seed):
    """As a run at once does: found by chance among random graphs."""
    x = tg.sequence("x", ("batch", 3), "float64")
    key = {"shape": (3,), "dtype": "float64", "time": None}
    drawn = tg.bernoulli(0.5, **key) if begin == "replicate" else None
    init = tg.REPLICATE if begin == "replicate" else tg.normal(**key)
    h = tg.delay("h", init=init, shape=("batch", 3), dtype="float64", steps=2)
    source = tg.tanh(x) if drawn is None else tg.tanh(x) * drawn
    h.close(source)
    graph = tg.Graph({"y": h})
    found, _ = chunked(graph, XS, (2, 5), seed=seed)
    whole = tg.interpret(graph, {"x": XS}, seed=seed)["y"]
    close(np.concatenate([out["y"] for out in found]), whole)
