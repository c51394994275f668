"""check_op: what is wrong with a declaration, or with a backend, is named."""

import numpy as np
import pytest

import tinygraph as tg
from tests.laws.faults import (
    QUICK,
    WrongAlone,
    WrongGradients,
    WrongInLoops,
    planted,
    refused,
)
from tests.laws.test_kit import wrong_jvp, wrong_vjp
from tests.sampled import WITH_SLOPES, may_loop
from tinygraph import testing
from tinygraph.testing import check_op

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]])

WHOLE = [
    pytest.param(sample, id=sample.id, marks=pytest.mark.nightly if i else ())
    for rows in WITH_SLOPES.values()
    for i, sample in enumerate(rows[::6])
    if may_loop(sample) and not sample.build and "batch" not in str(sample.attrs)
]


@pytest.mark.parametrize("sample", WHOLE)
def test_ops_are_declared_rightly(sample: testing.Sample):
    arrays = [each.array(f"x{i}") for i, each in enumerate(sample.operands)]
    check_op(sample.op, *arrays, backends=QUICK, **sample.attrs)


def test_operands_are_found_where_none_are_given():
    for name in ("tanh", "divide", "maximum"):
        check_op(name, backends=[])
    check_op("max", axis=(-1,), keepdims=False, backends=[])
    with pytest.raises(tg.TinygraphError, match="finds no operands that the op takes"):
        check_op("matmul", backends=[])


def greedy(y, ct):
    """The vjp of a product for operands of one shape: nothing is summed."""
    a, b = y.inputs
    return ct * b, ct * a


def blind(y, ct):
    return (2 * ct * tg.stop_gradient(y.inputs[0]),)


OP_FAULTS = {
    "vjp": (planted(vjp=wrong_vjp), "order 1: .*jvp give"),
    "jvp": (planted(jvp=wrong_jvp), "order 1: .*jvp give"),
    "both": (planted(vjp=wrong_vjp, jvp=wrong_jvp), "central differences give"),
    "second order": (planted(vjp=blind), "order 2"),
    "one rule": (planted(jvp=None), "'wrong' declares a vjp, but no jvp"),
    "value": (planted(impl=lambda x, out=None: x**2 + 1e-3), "wrong = its reference"),
    "over time": (
        planted(over_time=lambda y, arrays, steps: arrays[0][::-1] ** 2),
        "law 5, call 1 of backend 'numpy'",
    ),
    "rows": (
        planted("flip", rows=None, vjp=None, jvp=None),
        "wrong treats its axis -1 row by row, as it declares",
    ),
    "order": (
        planted("cumsum", rows=lambda y: ((tg.REDUCED, -1),), vjp=None, jvp=None),
        "wrong reduces axis -2 in any order",
    ),
}


@pytest.mark.parametrize("fault", OP_FAULTS)
def test_faults_of_a_declaration_are_named(fault):
    op, message = OP_FAULTS[fault]
    attrs = {"axis": (-1,)} if fault == "rows" else {}
    attrs = {"axis": (-2,)} if fault == "order" else attrs
    known = {"reference": np.square} if fault == "value" else {}
    array = np.ones((3, 2)) + np.arange(2) if fault == "order" else X
    if fault == "order":
        array = np.arange(6.0).reshape(3, 2)
    refused(message, check_op, op, array, **known, backends=QUICK, **attrs)


def test_a_vjp_that_forgets_broadcasting_is_refused():
    """The operands given have one shape: broadcasting is tried all the same."""
    op = planted("multiply", vjp=greedy)
    with pytest.raises(Exception, match=r"float64\[2, 3\]"):
        check_op(op, X, X + 1, backends=[])


@pytest.mark.parametrize("kind", [WrongInLoops, WrongGradients, WrongAlone])
@pytest.mark.usefixtures("own_registry")
def test_a_backend_that_is_wrong_about_an_op_is_named(kind):
    kind.enter("anything")
    message = "law 5, call 1 of backend 'wrong'"
    refused(message, check_op, "tanh", X, backends=["wrong"])
