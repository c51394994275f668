"""Errors when a node is made: what is wrong, where operands were made, what to do."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, refused

LINE = r"test_errors_building\.py:\d+"


def x(shape=("batch", 3), dtype="float32", time="t"):
    return tg.sequence("x", shape, dtype, time)


def matrix(*shape, dtype=F32):
    return tg.parameter("W", np.ones(shape, dtype))


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
    "a float in a slice": (
        lambda: matrix(3)[0.5:],
        tg.ShapeError,
        r"slice\(0.5, None, None\) cannot index W: float32\[3\]: use ints, slices",
    ),
    "a nameless axis": (
        lambda: tg.every_step(matrix(3), ""),
        tg.TinygraphError,
        "a time axis needs a non-empty name, not ''",
    ),
    "extent of a number": (
        lambda: tg.extent(3),
        tg.TinygraphError,
        "a dimension needs a non-empty name, not 3",
    ),
    "negative depth": (
        lambda: tg.one_hot(np.array([1]), -1),
        tg.ShapeError,
        r"-1 in the shape \(-1,\) is no dimension",
    ),
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
