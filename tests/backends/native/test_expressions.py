"""The texts of elementwise ops, compiled, against the ops' kernels."""

import numpy as np
import pytest

from tests.backends.native.kit import row_loop, values
from tinygraph.backends.native.kernels.expressions import (
    BINARY,
    EXPRESSIONS,
    FLOATS,
    WHOLE,
    expression,
)
from tinygraph.core.errors import DTypeError
from tinygraph.core.nodes import REGISTRY
from tinygraph.core.types import TensorType

TWO = {
    *("add", "subtract", "multiply", "divide", "add_n", *BINARY),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
    *("logical_and", "logical_or", "logical_xor"),
}
ONE = EXPRESSIONS.keys() - TWO - {"where", "cast", "every_step"}
PAIRS = (
    *(("float32", "float32"), ("float64", "float32"), ("int32", "int32")),
    *(("bool", "bool"), ("bool", "float32"), ("int64", "int8"), ("uint8", "uint8")),
)

SIGN_OF_ZERO_VARIES = ("maximum", "minimum", "relu", "power")
"""Even in NumPy, between single numbers and arrays."""


def cases(kinds):
    """(op, text, result dtype) of every op that NumPy has for these dtypes."""
    for op in sorted(TWO if len(kinds) == 2 else ONE):
        if op == "add_n" and len(set(kinds)) > 1:
            continue
        try:
            found = REGISTRY[op].infer(*[TensorType((), k) for k in kinds]).dtype
        except DTypeError:
            continue
        text = expression(op, ["x0", "x1"][: len(kinds)], kinds, found)
        if text is None:
            other = found.name not in (*FLOATS, *WHOLE, "bool")
            assert other or (op == "power" and found.kind != "f"), (op, kinds)
        else:
            yield op, text, found


def check(op, got, wanted):
    if got.dtype.kind == "f":
        tiny = np.finfo(got.dtype).tiny
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=tiny, err_msg=op)
        same_sign = np.signbit(got) == np.signbit(wanted)
        unsure = np.isnan(wanted) | (op in SIGN_OF_ZERO_VARIES)
        assert (same_sign | unsure).all(), op
    else:
        np.testing.assert_array_equal(got, wanted, err_msg=op)


def grid(kinds):
    parts = np.meshgrid(*[values(kind) for kind in kinds], indexing="ij")
    return [part.reshape(-1) for part in parts]


@pytest.mark.parametrize(
    "kinds", [*PAIRS, *[(k,) for k in (*FLOATS, "int32", "int8", "uint8", "bool")]]
)
def test_every_op_means_what_its_kernel_means(kinds):
    kinds = tuple(map(np.dtype, kinds))
    inputs = grid(kinds)
    listed = [case for case in cases(kinds) if case[0] != "power"]
    outputs = [np.zeros(inputs[0].size, dtype) for _, _, dtype in listed]
    run = row_loop([text for _, text, _ in listed], len(kinds))
    run(*inputs, *outputs)
    with np.errstate(all="ignore"):
        for (op, _, dtype), got in zip(listed, outputs, strict=True):
            wanted = REGISTRY[op].impl(*inputs)
            assert wanted.dtype == dtype
            check(op, got, wanted)


def test_powers():
    kinds = [np.dtype(k) for k in ("float32", "float64")]
    texts = [expression("power", [f"x{2 * i}", f"x{2 * i + 1}"], [k, k], k)
             for i, k in enumerate(kinds)]  # fmt: skip
    inputs = [x for kind in kinds for x in grid((kind, kind))]
    outputs = [np.zeros(inputs[0].size, kind) for kind in kinds]
    row_loop(texts, 4)(*inputs, *outputs)
    for i, got in enumerate(outputs):
        with np.errstate(all="ignore"):
            check("power", got, np.power(inputs[2 * i], inputs[2 * i + 1]))


def test_choices_and_conversions():
    f32, i32, boolean = (np.dtype(k) for k in ("float32", "int32", "bool"))
    texts = [
        expression("where", ["x0", "x1", "x2"], [f32, f32, i32], np.dtype("float64")),
        expression("cast", ["x1"], [f32], i32),
        expression("cast", ["x1"], [f32], boolean),
        expression("cast", ["x2"], [i32], f32),
        expression("cast", ["x2"], [i32], np.dtype("uint8")),
    ]
    x0 = np.array([0, 1, np.nan, -0.0], f32)
    x1 = np.array([1.5, -2.5, 0, 300], f32)
    x2 = np.array([-1, 0, 300, 2**31 - 1], i32)
    outputs = [np.zeros(4, k) for k in ("float64", "int32", "bool", "float32", "uint8")]
    row_loop(texts, 3)(x0, x1, x2, *outputs)
    wanted = [np.where(x0, x1.astype("float64"), x2), x1.astype(i32), x1.astype(bool)]
    wanted += [x2.astype(f32), x2.astype("uint8")]
    for got, right in zip(outputs, wanted, strict=True):
        np.testing.assert_array_equal(got, right)


def test_what_has_no_text():
    f16, f32, u64 = (np.dtype(k) for k in ("float16", "float32", "uint64"))
    assert expression("matmul", ["a", "b"], [f32, f32], f32) is None
    assert expression("add", ["a", "b"], [f16, f16], f16) is None
    assert expression("add", ["a", "b"], [u64, u64], u64) is None
    i32 = np.dtype("int32")
    assert expression("power", ["a", "b"], [i32, i32], i32) is None
