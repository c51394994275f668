"""What is hard for windows, one by one: long delays, edges, axes, draws, axes' ends."""

import numpy as np
import pytest

import tinygraph as tg
from tests.checkpointing.kit import same_by_windows, sweeps
from tests.kit import F64
from tinygraph.testing import gradient_graph

LENGTHS = [1, 3, 4, 50]


def both_ways(steps=1):
    """Two loops, one each way, and a loss over both."""
    x = tg.sequence("x", ("batch", 2), "float64")
    w = tg.parameter("W", np.eye(2) * 0.5)
    states = []
    for name, k in (("past", steps), ("future", -steps)):
        before = tg.delay(name, steps=k, shape=("batch", 2), dtype="float64")
        h = tg.tanh(x + before @ w, name=f"h {name}")
        before.close(h)
        states.append(h)
    both = tg.concat(states, -1)
    return tg.Graph({"both": both, "loss": tg.sum_over_time(tg.sum(both * both))})


def looped(x, steps, **options):
    """h[t] = tanh(x[t] + h[t - steps] / 2)."""
    before = tg.delay("before", steps=steps, shape=x.shape, dtype=x.dtype, **options)
    h = tg.tanh(x + before * 0.5, name="h")
    before.close(h)
    return h


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("steps", [1, 5, -1, -9])
@pytest.mark.parametrize("slots", ["init", "history", "shift", "replicate"])
def test_delays_of_any_length(length, steps, slots):
    x = tg.sequence("x", (2,), "float64")
    if slots == "replicate":
        y = tg.delay("y", source=looped(x, 1), steps=steps, init=tg.REPLICATE)
    elif slots == "shift":
        y = tg.delay("y", source=tg.sin(x), steps=steps, init=tg.placeholder("i"))
    else:
        shape = (abs(steps), 2) if slots == "history" else (2,)
        y = looped(x, steps, **{slots: tg.parameter("slot", np.full(shape, 0.3))})
    loss = tg.sum_over_time(tg.sum(y * y))
    assert same_by_windows(gradient_graph(tg.Graph({"y": y, "loss": loss})), 8, length)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("steps", [1, 2, 7, 8, 12])
def test_any_number_of_steps(length, steps):
    graph = gradient_graph(both_ways(2))
    assert same_by_windows(graph, steps, length)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    "leave",
    [
        *(tg.first, tg.last, tg.sum_over_time, tg.mean_over_time, tg.max_over_time),
        lambda h: tg.mean(tg.stack(h), 0),
    ],
    ids="first last sum mean max stack".split(),
)
def test_all_that_leaves_time_and_comes_back(length, leave):
    """A second loop starts from a value of the first, and reads it at every step."""
    x = tg.sequence("x", (2,), "float64")
    h = looped(x, 1)
    summary = leave(h)
    again = tg.delay("again", init=summary)
    g = tg.tanh(again + h * summary)
    again.close(g)
    graph = tg.Graph({"g": g, "loss": tg.sum(tg.last(g)), "summary": summary})
    assert same_by_windows(gradient_graph(graph), 9, length)


@pytest.mark.parametrize("length", LENGTHS)
def test_unstacked_and_stacked(length):
    table = tg.placeholder("table", ("t", 3), "float64")
    h = looped(tg.unstack(table), 1)
    stacked = tg.stack(h)
    graph = tg.Graph({"stacked": stacked, "h": h, "loss": tg.sum(stacked[:, 0])})
    assert same_by_windows(gradient_graph(graph), 8, length)


@pytest.mark.parametrize("length", LENGTHS)
def test_an_encoder_and_a_decoder_that_attends(length):
    x = tg.sequence("x", (3,), "float64", time="source")
    y = tg.sequence("y", (3,), "float64", time="target")
    inner = tg.delay("inner", shape=(3,), dtype="float64", time="source")
    h = tg.tanh(x + inner * 0.5)
    inner.close(h)
    keys = tg.stack(h)
    outer = tg.delay("outer", init=tg.last(h), time="target")
    scores = tg.softmax(tg.sum(keys * outer, axis=-1), axis=-1)
    g = tg.tanh(y + outer + tg.sum(tg.reshape(scores, ("source", 1)) * keys, axis=0))
    outer.close(g)
    graph = tg.Graph({"g": g, "loss": tg.sum_over_time(tg.sum(g), name="loss")})
    steps = {"source": 7, "target": 5}
    assert same_by_windows(gradient_graph(graph), steps, length)
    found = sweeps(gradient_graph(graph))
    assert found == [
        ("forwards", "source", ["inner"]),
        ("forwards", "target", ["outer"]),
        ("backwards", "target", []),
        ("backwards", "source", []),
    ]


@pytest.mark.parametrize("length", LENGTHS)
def test_draws_do_not_depend_on_windows(length):
    x = tg.sequence("x", (4,), "float64")
    noise = tg.normal((4,), "float64", name="noise")
    mask = tg.bernoulli(0.5, (4,), "float64", time=None, name="mask")
    h = looped((x + noise) * mask, 1)
    token = tg.categorical(h, name="token")
    loss = tg.sum_over_time(tg.sum(h * h)) + tg.sum(tg.cast(tg.last(token), "float64"))
    graph = gradient_graph(tg.Graph({"h": h, "token": token, "loss": loss}))
    for start, seed in ((0, 0), (5, 3)):
        assert same_by_windows(graph, 8, length, start=start, seed=seed)


@pytest.mark.parametrize("length", LENGTHS)
def test_integers_fed_back_and_step_numbers(length):
    x = tg.sequence("x", (), "int64")
    count = tg.delay(
        "count", shape=(), dtype="int64", init=tg.placeholder("c", (), "int64")
    )
    step = count + tg.cast(x > 0, "int64") * tg.step_index()
    count.close(step)
    flags = tg.sum_over_time(step > 3)
    outputs = {"step": step, "flags": flags, "most": tg.max_over_time(step)}
    assert same_by_windows(outputs, 9, length, start=4)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("t", [1, 6, -2, -7])
def test_a_step_that_most_windows_do_not_hold(t, length):
    h = looped(tg.sequence("x", (2,), "float64"), 1)
    picked = {"flag": h[0] > 0, "step": tg.step_index()}
    outputs = {name: tg.at(node, t) for name, node in picked.items()}
    graph = tg.Graph({**outputs, "loss": tg.sum(tg.square(tg.at(h, t)))})
    assert same_by_windows(gradient_graph(graph), 8, length, start=3)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_gradient_per_step_and_one_of_an_output(length):
    x = tg.sequence("x", (2, 3), "float64")
    w = tg.parameter("W", np.eye(3) * 0.4)
    before = tg.delay("before", shape=(2, 3), dtype="float64")
    h = tg.tanh(x + before @ w, name="h")
    before.close(h)
    loss = tg.mean_over_time(tg.sum(h * h))
    graph = tg.Graph({"loss": loss, "x": x, "lifted": tg.every_step(w), "W": w})
    wrt = [tg.every_step(w), w, h, before, x]
    assert same_by_windows(gradient_graph(graph, wrt), 7, length)


def test_one_node_under_two_names_gives_two_arrays():
    graph = gradient_graph(both_ways())
    both = tg.Graph(
        {**graph.outputs, "again": graph["both"], "loss too": graph["loss"]}
    )
    run = tg.compile(both, memory="checkpoint")
    found = run({"x": np.ones((300, 2, 2), F64)})
    names = list(found)
    for i, name in enumerate(names):
        assert found[name].flags.writeable
        assert not any(np.shares_memory(found[name], found[n]) for n in names[:i])
