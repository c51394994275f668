"""reverse_time: on reversed feeds, reversed outputs."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, refused, values

XS = np.random.default_rng(2).normal(size=(5, 2))


def sequence():
    return tg.sequence("x", (2,), F64)


def looped(k, **options):
    x = sequence()
    before = tg.delay("before", steps=k, dtype=F64, shape=(2,), **options)
    h = tg.tanh(x + before * 0.5)
    before.close(h)
    return h


def shifted(k, **options):
    return tg.delay(source=sequence(), steps=k, **options)


HISTORY = np.arange(4.0).reshape(2, 2)
CASES = {
    "past loop": lambda: looped(1, init=0.3),
    "future loop": lambda: looped(-2, init=0.3),
    "history": lambda: looped(2, history=HISTORY),
    "future history": lambda: shifted(-2, history=HISTORY),
    "replicate": lambda: shifted(2, init=tg.REPLICATE),
    "first": lambda: tg.first(sequence()) * 2.0,
    "last": lambda: tg.last(sequence()) * 2.0,
    "at": lambda: tg.at(sequence(), 1) * 2.0,
    "at from the end": lambda: tg.at(sequence(), -2) * 2.0,
    "sum": lambda: tg.sum_over_time(tg.sin(sequence())),
    "mean": lambda: tg.mean_over_time(sequence()),
    "max": lambda: tg.max_over_time(sequence()),
    "there and back": lambda: tg.unstack(tg.stack(sequence()) * 2.0),
    "static": lambda: tg.sum(tg.last(looped(1)) * tg.placeholder("p", (2,), F64)),
}


@pytest.mark.parametrize("name", CASES)
def test_reversed_feeds_give_reversed_outputs(name):
    node = CASES[name]()
    graph = tg.Graph({"y": node})
    reverse = tg.reverse_time(graph)
    feeds = {"p": np.array([2.0, -1.0])} if name == "static" else {}
    wanted = values(graph, {**feeds, "x": XS})["y"]
    found = values(reverse, {**feeds, "x": XS[::-1]})["y"]
    close(found, wanted[::-1] if node.time else wanted)
    twice = values(tg.reverse_time(reverse), {**feeds, "x": XS})["y"]
    close(twice, wanted)


def test_what_is_flipped():
    graph = tg.Graph({"rows": tg.stack(sequence()), "i": tg.step_index() * 1})
    reverse = tg.reverse_time(graph)
    found = values(reverse, {"x": XS[::-1]})
    close(found["rows"], XS)
    close(found["i"], [4, 3, 2, 1, 0])
    table = tg.placeholder("table", ("t", 2), F64)
    rows = tg.reverse_time(tg.Graph({"rows": tg.unstack(table)}))
    close(values(rows, {"table": XS})["rows"], XS[::-1])


def test_a_past_loop_becomes_a_future_one():
    graph = tg.Graph({"h": looped(2)})
    reverse = tg.reverse_time(graph)
    assert [delay.steps for delay in reverse.delays] == [-2]
    assert reverse.delay("before").slot is graph.delay("before").slot
    assert graph.delay("before").steps == 2
    assert reverse["x"] is graph["x"]


def test_one_axis_of_two():
    x = tg.sequence("x", (), F64, time="source")
    y = tg.sequence("y", (), F64, time="target")
    graph = tg.Graph({"z": y * tg.last(x), "late": tg.delay(source=y, time="target")})
    reverse = tg.reverse_time(graph, time="source")
    assert reverse.delays[0].steps == 1
    feeds = {"x": np.array([1.0, 2.0, 3.0]), "y": np.array([10.0, 20.0])}
    found = values(reverse, feeds)
    close(found["z"], [10.0, 20.0])
    close(found["late"], [0.0, 10.0])
    both = values(tg.reverse_time(graph), feeds)
    close(both["late"], [20.0, 0.0])


def test_an_unknown_axis_is_refused():
    pattern = "the graph has no time axis 's'; it has 't'"
    refused(
        tg.UnknownNameError, pattern, tg.reverse_time, tg.Graph(looped(1)), time="s"
    )


def test_gradients_are_reversed_too():
    graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(tg.square(looped(1))))})
    reverse = tg.reverse_time(graph)
    wanted = values({"dx": tg.grad(graph["loss"], graph["x"])}, {"x": XS})["dx"]
    found = values({"dx": tg.grad(reverse["loss"], reverse["x"])}, {"x": XS[::-1]})
    close(found["dx"], wanted[::-1])


def test_a_bidirectional_network_of_one_cell():
    """The usual use: the same cell over the sequence from both ends."""
    forth = looped(1)
    graph = tg.Graph({"h": forth})
    back = tg.reverse_time(graph)["h"]
    x = graph["x"]
    both = tg.concat([forth, back.named("back")], axis=-1)
    hs = values({"h": forth}, {"x": XS})["h"]
    turned = values({"h": forth}, {"x": XS[::-1]})["h"][::-1]
    assert x.name == "x"
    with pytest.raises(tg.DuplicateNameError, match="two delays .* named 'before'"):
        tg.Graph(both)
    close(values({"h": back}, {"x": XS})["h"], turned)
    assert not np.allclose(hs, turned)
