"""What ops refuse: one row per message, with op, operands and the user's line."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, refused

LINE = r"made at test_errors_ops\.py:\d+"


def x():
    return tg.sequence("x", ("batch", 3))


def w():
    return tg.parameter("W", np.ones((3, 2), F32))


GIVEN = rf": W: float32\[3, 2\], {LINE}, is given"
SHAPES = {
    "axis": (lambda: tg.sum(w(), 2), "axis 2 is out of range for 2 axes" + GIVEN),
    "no int": (lambda: tg.take(w(), [0], axis=0.5), "must be an int, not 0.5" + GIVEN),
    "twice": (lambda: tg.max(w(), (0, -2)), r"axis \(0, -2\) names one axis twice"),
    "softmax": (lambda: tg.softmax(tg.constant(1.0)), "axis -1 is out of range for 0"),
    "flip": (lambda: tg.flip(w(), 2), "axis 2 is out of range for 2 axes" + GIVEN),
    "cumsum": (
        lambda: tg.cumsum(w(), -3),
        "axis -3 is out of range for 2 axes" + GIVEN,
    ),
    "expand_dims": (lambda: tg.expand_dims(w(), 3), "axis 3 is out of range for 3"),
    "squeeze": (
        lambda: tg.squeeze(w(), 0),
        r"squeeze: axis 0 of W: .* has length 3, not",
    ),
    "squeeze a name": (lambda: tg.squeeze(x(), 0), "has length 'batch', not 1"),
    "transpose": (
        lambda: tg.transpose(w(), (0, 0)),
        r"\(0, 0\) are no permutation of 2",
    ),
    "reshape": (lambda: tg.reshape(w(), (4,)), "6 elements .* do not make that shape"),
    "two unknowns": (lambda: tg.reshape(w(), (-1, -1)), "do not make that shape"),
    "reshape a name": (lambda: tg.reshape(x(), (-1,)), "keep batch as whole axes"),
    "broadcast_to": (
        lambda: tg.broadcast_to(w(), (2,)),
        r"broadcast_to: shape \(3, 2\) does not broadcast to \(2,\)\n  operand 0 is W: "
        rf"float32\[3, 2\], {LINE}",
    ),
    "pad": (
        lambda: tg.pad(w(), ((1, 0),)),
        "must hold 2 pairs of ints >= 0, one per axis",
    ),
    "pad less": (
        lambda: tg.pad(w(), ((1, 0), (0, -1))),
        "must hold 2 pairs of ints >= 0",
    ),
    "pad a name": (
        lambda: tg.pad(x(), ((1, 0), (0, 0))),
        "the named dimension 'batch' cannot be padded: it takes no arithmetic",
    ),
    "index": (
        lambda: w()[3],
        r"index 3 is out of range for length 3\n  operand 0 is W",
    ),
    "too many": (
        lambda: w()[0, 0, 0],
        r"3 indices for the 2 axes of W: float32\[3, 2\]",
    ),
    "slice a name": (
        lambda: x()[1:],
        "a slice of the named dimension 'batch' has no known length",
    ),
    "mask": (lambda: w()[True], "True cannot index W: .*tg.where for a mask"),
    "two dots": (lambda: w()[..., ...], "Ellipsis cannot index W"),
    "concat": (
        lambda: tg.concat([w(), x()], axis=1),
        r"concat: all axes but -1 must be equal\n  operand 0 is W.*\n  operand 1 is x",
    ),
    "concat names": (
        lambda: tg.concat([x(), x()], axis=0),
        r"the lengths \['batch', 'batch'\] along axis -2 cannot be added",
    ),
    "concat nothing": (lambda: tg.concat([], 0), "concat needs at least one operand"),
    "stack": (
        lambda: tg.stack([w(), w().T]),
        r"stack: shapes \(3, 2\) and \(2, 3\) do",
    ),
    "stack wider": (
        lambda: tg.stack([w(), np.ones(2, F32)]),
        "stack joins nodes of equal shapes",
    ),
    "stack nothing": (lambda: tg.stack([]), "stack needs at least one operand"),
    "stack over time": (lambda: tg.stack(x(), 1), "axis must be 0"),
    "split": (lambda: tg.split(w(), 2, 0), "has length 3, which 2 equal parts do not"),
    "split a name": (lambda: tg.split(x(), 2, 0), "is the named dimension 'batch'"),
    "matmul": (
        lambda: w() @ w(),
        r"matmul: the inner dimensions differ: 2 \(last axis of the left operand\) and",
    ),
    "matmul heads": (
        lambda: tg.constant(np.ones((2, 3, 3))) @ tg.constant(np.ones((4, 3, 3))),
        r"matmul: shapes \(2\) and \(4\) do not broadcast",
    ),
    "add_n": (
        lambda: tg.add_n(w(), w().T),
        r"add_n: takes operands of one type, not float32\[3, 2\], float32\[2, 3\]",
    ),
    "max_n": (
        lambda: tg.apply(tg.REGISTRY["max_n"], w(), w()[:1]),
        r"max_n: takes operands of one type, not float32\[3, 2\], float32\[1, 2\]",
    ),
    "add_n nothing": (tg.add_n, "add_n needs at least one operand"),
    "max of nothing": (
        lambda: tg.max(tg.constant(np.ones((0, 2))), 0),
        r"max of constant: float64\[0, 2\]: no elements along \(-2,\)",
    ),
    "scatter_add": (
        lambda: tg.scatter_add(np.array([0]), np.ones(2, F32), w()),
        r"scatter_add: updates have shape \(2,\), wanted \(1, 2\)",
    ),
    "take_along_axis": (
        lambda: tg.take_along_axis(w(), np.array([0]), 0),
        "array and indices must have equally many axes",
    ),
    "cross_entropy": (
        lambda: tg.cross_entropy(w(), np.array([0, 1])),
        r"W: float32\[3, 2\] has one row of logits per label of shape \(3,\), but the "
        r"labels are constant: int64\[2\]",
    ),
    "unstack": (lambda: tg.unstack(w()), "unstack: needs a leading named dimension"),
    "bernoulli": (
        lambda: tg.bernoulli(np.ones((2, 1)), (2,)),
        r"bernoulli: p of shape \(2, 1\) does not broadcast to \(2,\)",
    ),
    "categorical": (
        lambda: tg.categorical(tg.placeholder("p", ("classes",))),
        "categorical: the last axis must be the classes, with a fixed length",
    ),
}
DTYPES = {
    "take": (
        lambda: tg.take(w(), tg.constant(1.0), axis=0),
        r"take: indices must be integers, not float32\n  operand 0 is W.*\n  operand 1",
    ),
    "one_hot": (lambda: tg.one_hot(w(), 3), "one_hot: indices must be integers"),
    "cross_entropy": (
        lambda: tg.cross_entropy(w(), np.ones(3)),
        r"labels must be integers, one class per row, but constant: float64\[3\], made",
    ),
    "bool": (lambda: -(w() > 0), "negative: no rule for bool"),
    "random ints": (
        lambda: tg.uniform((2,), "int32"),
        "uniform: a random dtype must be a float type, not int32",
    ),
    "categorical": (
        lambda: tg.categorical(np.array([1, 2])),
        "categorical: logits must be floats, not int64",
    ),
    "cast": (
        lambda: tg.cast(w(), "complex64"),
        "complex64 is not supported: use a bool",
    ),
}
TIMES = {
    name: (lambda op=op: op(w()), f"{op_name}: needs a value per step, but the operand")
    for name, op, op_name in [
        ("first", tg.first, "first"),
        ("last", tg.last, "last"),
        ("at", lambda x: tg.at(x, 2), "at"),
        ("sum", tg.sum_over_time, "sum_over_time"),
        ("mean", tg.mean_over_time, "sum_over_time"),
        ("max", tg.max_over_time, "max_over_time"),
        ("stack", tg.stack, "stack_time"),
    ]
}
TIMES["unstack"] = (
    lambda: tg.unstack(tg.sequence("rows", ("t", 2))),
    "unstack: needs a static node, but the operand has a value per step",
)
TIMES["every_step"] = (
    lambda: tg.every_step(x(), "s"),
    r"every_step: x: float32\[batch, 3\] lives on the time axis 't', not 's'",
)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name):
    make, pattern = SHAPES[name]
    refused(tg.ShapeError, pattern, make)


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes(name):
    make, pattern = DTYPES[name]
    refused(tg.DTypeError, pattern, make)


@pytest.mark.parametrize("name", TIMES)
def test_times(name):
    make, pattern = TIMES[name]
    assert isinstance(refused(tg.TimeAxisError, pattern, make), TypeError)


def test_split_and_concat_have_no_default_axis():
    for function in (tg.split, tg.concat):
        with pytest.raises(TypeError, match="missing 1 required .*'axis'"):
            function([w(), w()], *([2] if function is tg.split else []))
