"""Errors when a graph is built: what is wrong, where it was made, what to do."""

import numpy as np
import pytest

import tinygraph as tg
from tests.engine.kit import F32, recurrence, refused

LINE = r"test_errors\.py:\d+"


def x(shape=("batch", 3), dtype="float32", time="t"):
    return tg.sequence("x", shape, dtype, time)


def matrix(*shape, dtype=F32):
    return tg.parameter("W", np.ones(shape, dtype))


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


BUILDING = {
    "broadcast": (
        lambda: x() + matrix(4, 3),
        tg.ShapeError,
        rf"add: shapes \(batch, 3\) and \(4, 3\) do not broadcast: dimensions 'batch' "
        rf"and 4 .*\n  operand 0 is x: float32\[batch, 3\], made at {LINE}\n"
        rf"  operand 1 is W: float32\[4, 3\], made at {LINE}",
    ),
    "inner dimensions": (
        lambda: x() @ matrix(4, 3),
        tg.ShapeError,
        r"matmul: the inner dimensions differ: 3 \(last axis of the left operand\) and "
        r"4 \(last but one of the right\)\n  operand 0 is x",
    ),
    "scalar matmul": (
        lambda: x() @ 2.0,
        tg.ShapeError,
        r"matmul: constant: float32\[\] is a scalar; use \*",
    ),
    "dtype clash": (
        lambda: -x(dtype="bool"),
        tg.DTypeError,
        r"negative: no rule for bool.*\n  operand 0 is x: bool\[batch, 3\]",
    ),
    "two time axes": (
        lambda: x() * tg.sequence("y", ("batch", 3), time="s"),
        tg.TimeAxisError,
        rf"multiply: two time axes never meet in one op\n  x: float32\[batch, 3\], t, "
        rf"made at {LINE}\n  y: float32\[batch, 3\], s, made at {LINE}\n"
        r"Bring one of them out of time first: tg.last",
    ),
    "another axis": (
        lambda: tg.every_step(x(), "s"),
        tg.TimeAxisError,
        r"every_step: x: .* lives on the time axis 't', not 's'",
    ),
    "names take no arithmetic": (
        lambda: tg.concat([x(), x()], axis=0),
        tg.ShapeError,
        r"concat: the lengths \['batch', 'batch'\] .* named dimension takes no arith",
    ),
    "merging a name": (
        lambda: tg.reshape(x(), (-1,)),
        tg.ShapeError,
        r"reshape of x: float32\[batch, 3\] to \(-1,\): named dimensions cannot be "
        r"merged or split; keep batch as whole axes",
    ),
    "bool": (
        lambda: bool(tg.tanh(x())),
        TypeError,
        r"'tanh' has no truth value before the graph runs: use tg.where",
    ),
    "iteration": (
        lambda: list(x()),
        TypeError,
        r"cannot iterate over x: float32\[batch, 3\]: its first axis has no fixed",
    ),
    "no operand": (lambda: x() + "text", TypeError, "unsupported operand type"),
    "no dimension": (lambda: x((-1, 3)), tg.ShapeError, r"-1 in the shape \(-1, 3\)"),
    "no shape": (lambda: x(None), tg.ShapeError, "None is no shape"),
    "complex": (lambda: x(dtype="complex64"), tg.DTypeError, "complex64 is not supp"),
    "no dtype": (lambda: x(dtype="real"), tg.DTypeError, "'real' is no dtype"),
    "nameless leaf": (
        lambda: tg.sequence("", ()),
        tg.TinygraphError,
        "a leaf needs a non-empty name, not ''",
    ),
    "timeless sequence": (
        lambda: x(time=None),
        tg.TinygraphError,
        "a time axis needs a non-empty name, not None",
    ),
    "text in a parameter": (
        lambda: tg.parameter("W", "text"),
        tg.DTypeError,
        "parameter 'W': dtype <U4 is not supported",
    ),
    "a huge int": (lambda: tg.constant(2**70), tg.DTypeError, "does not fit int64"),
    "an int that does not fit": (
        lambda: x(dtype="int32") + 2**40,
        tg.DTypeError,
        "1099511627776 does not fit int32",
    ),
    "nameless scope": (
        lambda: tg.scope("").__enter__(),
        ValueError,
        "a scope needs a non-empty name, not ''",
    ),
    "an op of this name": (
        lambda: tg.register(tg.Op("add", infer=None, impl=None)),
        tg.TinygraphError,
        "an op named 'add' is registered already: choose another name",
    ),
    "no outputs": (lambda: tg.Graph({}), tg.TinygraphError, "at least one output"),
    "an output that is no node": (
        lambda: tg.Graph({"y": 1.0}),
        tg.TinygraphError,
        "outputs map names to nodes, but 'y' maps to 1.0",
    ),
    "a list of outputs": (
        lambda: tg.Graph([x()]),
        tg.TinygraphError,
        "a graph is made of a node or a dict of named nodes, not list",
    ),
}


@pytest.mark.parametrize("name", BUILDING)
def test_building(name):
    make, kind, pattern = BUILDING[name]
    refused(kind, pattern, make)


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


def test_a_node_is_immutable():
    node = tg.sum(x(), axis=-1)
    with pytest.raises(AttributeError, match="immutable: cannot set 'name' on 'sum'"):
        node.name = "y"
    with pytest.raises(AttributeError, match="cannot delete 'type' of 'sum'"):
        del node.type
    with pytest.raises(TypeError, match="does not support item assignment"):
        node.attrs["axis"] = (0,)
    with pytest.raises(ValueError, match="read-only"):
        matrix(2).attrs["value"][0] = 5


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
    error = tg.ShapeError("text", wanted=(1,), got=(2,))
    assert (error.wanted, error.got) == ((1,), (2,))
    with pytest.raises(AttributeError, match="nothing"):
        _ = error.nothing
    assert isinstance(error, ValueError)
    assert isinstance(error, tg.TinygraphError)
    assert str(tg.UnknownNameError("plain")) == "plain"
