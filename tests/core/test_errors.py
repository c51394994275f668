"""Errors of graphs: cycles, open delays, names; with the user's lines in them."""

import copy
import dataclasses
import pickle
import re

import pytest

import tinygraph as tg
import tinygraph_rnn.errors
from tests.kit import recurrence, refused
from tinygraph.core import errors

LINE = r"test_errors\.py:\d+"


def tied(*, last=lambda d: d, **options):
    """A delay whose source is tanh of what `last` makes of it."""
    d = tg.delay("d", shape=(), **options)
    d.close(tg.tanh(last(d), name="act"))
    return d


def cancelling():
    """-2 and +2 on one cycle."""
    back = tg.delay("back", shape=(), steps=2)
    ahead = tg.delay("ahead", shape=(), steps=-2)
    ahead.close(tg.tanh(back, name="act"))
    back.close(tg.sin(ahead, name="wave"))
    return tg.Graph(back)


def mixed_walk():
    """A cycle of +1 and one of -1 that are tied together but share no node."""
    back, to_back = tg.delay("back", shape=()), tg.delay("to_back", shape=())
    ahead = tg.delay("ahead", shape=(), steps=-1)
    to_ahead = tg.delay("to_ahead", shape=(), steps=-1)
    u, v = tg.tanh(back + to_ahead, name="u"), tg.tanh(ahead + to_back, name="v")
    back.close(u)
    ahead.close(v)
    to_back.close(u)
    to_ahead.close(v)
    return tg.Graph(v)


CYCLES = {
    "REPLICATE reads the same step": (
        lambda: tg.Graph(tied(init=tg.REPLICATE)),
        rf"(?s)delay-free cycle of 2 nodes: init=REPLICATE reads its source at the "
        rf"same step\n  act: float32\[\] -> d: float32\[\] -> act: float32\[\].*"
        rf"act was made at {LINE}.*at least one delay.*Break it with tg.delay\(init=",
    ),
    "delays that cancel": (
        cancelling,
        rf"(?s)delay-free cycle of 4 nodes: its delays add up to zero\n.*"
        rf"-\[z\^-2\]-> back.*-\[z\^2\]-> ahead.*wave was made at {LINE}.*"
        r"on the edge (ahead -> wave|back -> act)",
    ),
    "past and future in one component": (
        mixed_walk,
        r"(?s)delay-free closed walk: two cycles of one component have total delays "
        r"of -\d and \+\d.*-\[z\^1\]->.*-\[z\^-1\]->",
    ),
}


@pytest.mark.parametrize("name", CYCLES)
def test_delay_free_cycles_print_the_witness(name):
    make, pattern = CYCLES[name]
    found = refused(tg.DelayFreeCycleError, pattern, make)
    for cycle in found.cycles:
        assert [part for _, part, _ in cycle[:-1]] == [user for user, _, _ in cycle[1:]]
        assert cycle[-1][1] is cycle[0][0]


def test_a_gradient_names_the_cycle_too():
    act = tied(init=tg.REPLICATE).source
    refused(
        tg.DelayFreeCycleError,
        "init=REPLICATE reads its source at the same step",
        lambda: tg.grad(tg.sum_over_time(act), act),
    )


def test_a_static_node_on_a_cycle():
    found = refused(
        tg.StaticCycleError,
        rf"(?s)static node 'last', made at {LINE}, stands on a cycle.*last: float32\[\]"
        r" -> every_step.* -> act.* -\[z\^-1\]-> d.* -> last.*Use a per-step node",
        lambda: tg.Graph(tied(last=lambda d: tg.last(d) + d)),
    )
    assert found.node.op.name == "last"


def test_a_static_node_on_a_cycle_through_an_init():
    def make():
        outer = tg.delay("outer", shape=())
        inner = tg.delay("inner", init=tg.last(outer))
        inner.close(tg.tanh(inner))
        outer.close(inner)
        return tg.Graph(outer)

    refused(tg.StaticCycleError, "static node 'last'", make)


def test_open_delay():
    open_one = tg.delay("memory", shape=("batch", 2))
    found = refused(
        tg.OpenDelayError,
        rf"1 delay left open:\n  memory: float32\[batch, 2\], made at {LINE}\n"
        r"Tie each loop with delay.close",
        tg.Graph,
        open_one + 1.0,
    )
    assert found.delays == [open_one]
    refused(
        tg.DelayError, rf"'memory', made at {LINE}, is open", lambda: open_one.source
    )


def test_delay_closed_twice():
    refused(
        tg.DelayClosedError,
        rf"delay 'd', made at {LINE}, is closed already: its source is act.*close_loop",
        lambda: tied().close(1.0),
    )
    assert issubclass(tg.DelayClosedError, tg.DelayError)


DUPLICATES = {
    "leaves": lambda: tg.sequence("a") + tg.placeholder("a"),
    "delays": lambda: tied() + tied(),
    "random nodes": lambda: tg.uniform() + tg.uniform(),
}


@pytest.mark.parametrize("what", DUPLICATES)
def test_duplicate_names(what):
    found = refused(
        tg.DuplicateNameError,
        rf"two {what} of the graph are named '\w+': one made at {LINE}, one at {LINE}. "
        "Give one of them another name",
        lambda: tg.Graph(DUPLICATES[what]()),
    )
    assert found.nodes[0] is not found.nodes[1]


LOOKING_UP = {
    "output": (lambda g: g["nope"], "no node named 'nope'; the outputs are h, act2"),
    "ambiguous": (lambda g: g["act"], "2 nodes named 'act'"),
    "delay": (lambda g: g.delay("nope"), "the graph has no delay 'nope'; it has h"),
    "replaced": (
        lambda g: g.replace({tg.constant(1.0): 2.0}),
        r"constant: float32\[\] is not a node of this graph",
    ),
    "replaced name": (
        lambda g: g.replace({"x": 2.0}),
        "'x' is not a node of this graph",
    ),
}


@pytest.mark.parametrize("name", LOOKING_UP)
def test_looking_up(name):
    _, before, h = recurrence()
    graph = tg.Graph({"h": h, "act2": tg.tanh(before, name="act")})
    act, pattern = LOOKING_UP[name]
    refused(tg.UnknownNameError, pattern, act, graph)


def test_errors_keep_their_data():
    node = tg.constant(1.0)
    error = tg.FeedShapeError("text", leaf=node, wanted=("T", 1), got=(2,))
    assert (error.leaf, error.wanted, error.got) == (node, ("T", 1), (2,))
    assert (error.name, error.node, error.operands) == (None, None, ())
    with pytest.raises(AttributeError, match="nothing"):
        _ = error.nothing
    assert isinstance(error, ValueError)
    assert isinstance(error, tg.TinygraphError)
    assert str(tg.UnknownNameError("plain")) == "plain"


ERRORS = [
    thing
    for package in (errors, tinygraph_rnn.errors)
    for thing in vars(package).values()
    if isinstance(thing, type) and issubclass(thing, tg.TinygraphError)
]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_errors_declare_their_data(kind):
    """Each attribute is in the docstring, and no other keyword is taken."""
    fields = [f for f in dataclasses.fields(kind) if f.name != "message"]
    declared = {*vars(kind).get("__annotations__", ())} - {"message"}
    assert declared <= {f.name for f in fields}
    own = "".join(base.__doc__ or "" for base in kind.__mro__)
    for field in fields:
        assert re.search(rf"[ `]{field.name}[,:`]", own), field.name
    with pytest.raises(TypeError, match="nothing"):
        kind("text", nothing=1)
    data = {f.name: f.name for f in fields}
    error = kind("text", **data)
    assert str(error) == "text"
    assert error.args == ("text",)
    for again in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert {name: getattr(again, name) for name in data} == data
        assert str(again) == "text"
