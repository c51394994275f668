"""Symbols: what pictures write for leaves and delays, and nothing else reads."""

import pickle

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import fires
from tinygraph import testing

MAKERS = {
    "sequence": lambda **given: tg.sequence("a", (2,), **given),
    "placeholder": lambda **given: tg.placeholder("a", (2,), **given),
    "parameter": lambda **given: tg.parameter("a", np.zeros(2), **given),
    "delay": lambda **given: tg.delay("a", shape=(2,), **given),
}


def recurrence():
    """A state that pictures call s, of a sequence and a parameter with symbols."""
    x = tg.sequence("x", (2,), "float64", symbol="ξ")
    w = tg.parameter("model.w", np.array([0.5, 2.0]), symbol="W")
    before = tg.delay("model.h", shape=(2,), dtype="float64", symbol="s")
    h = tg.tanh(x + before * w)
    before.close(h)
    loss = tg.sum_over_time(tg.sum(h))
    return tg.Graph({"h": h, "loss": loss})


def symbols(graph):
    return {node.symbol for node in graph.nodes} - {None}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_symbol_is_kept_beside_the_name(make):
    assert (make().symbol, make(symbol="W").symbol) == (None, "W")
    assert make(symbol="W").name == "a"
    with pytest.raises(tg.TinygraphError, match="a symbol needs a non-empty name"):
        make(symbol="")


def test_symbols_outlive_pickling_replacing_and_carrying():
    graph = recurrence()
    assert symbols(graph) == {"ξ", "W", "s"}
    assert symbols(pickle.loads(pickle.dumps(graph))) == {"ξ", "W", "s"}
    assert symbols(tg.reverse_time(graph)) == {"ξ", "W", "s"}
    assert symbols(tg.stateful(graph)) == {"ξ", "W", "s"}
    other = tg.placeholder("v", (2,), "float64")
    assert symbols(graph.replace({graph["model.w"]: other})) == {"ξ", "s"}


def test_a_tangent_is_not_called_by_the_symbol_of_its_state():
    graph = recurrence()
    tangent = tg.jvp(graph["loss"], [graph["model.w"]], [tg.constant(np.ones(2))])
    whole = tg.Graph({"loss": graph["loss"], "tangent": tangent})
    assert [delay.symbol for delay in whole.delays].count("s") == 1


def test_delays_that_differ_by_their_symbols_alone_are_one():
    x = tg.sequence("x", (2,))
    one, two = (tg.delay(source=x, symbol=symbol) for symbol in "ab")
    assert len(fires("share", {"y": one + tg.tanh(two)}).delays) == 1


def test_a_program_writes_symbols():
    graph = recurrence()
    text = testing.as_code(graph, {"x": np.ones((2, 2))})
    for symbol in ("ξ", "W", "s"):
        assert f'symbol="{symbol}"' in text
    assert "symbol" not in testing.describe(graph)


def test_pictures_write_symbols_and_say_names_on_hover():
    picture = tg.draw(recurrence(), parameters="shared").picture
    hovers = {box.label.still: box.hover for box in picture.boxes.values()}
    assert {"ξ", "W", "s"} <= hovers.keys()
    assert hovers["W"].startswith("model.w: float64[2]")
    words = tg.draw(recurrence(), labels={"model.w": "R"}).picture.boxes.values()
    assert "R" in {box.label.still for box in words}
    beside = tg.draw(recurrence(), parameters="label").picture
    assert [loop.label for loop in beside.loops] == ["W"]
