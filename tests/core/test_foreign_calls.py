"""NumPy called on nodes: refused by name; its operators are the node's."""

import operator

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import refused

F32 = np.float32
A = np.array([1.0, 2.0, 3.0], F32)


def leaf(dtype="float32"):
    return tg.sequence("x", (3,), dtype)


REFUSED = {
    "a ufunc": (np.tanh, "np.tanh does not take", "use tg.tanh"),
    "one of two": (lambda x: np.add(x, 1), "np.add", "use tg.add"),
    "another name": (np.absolute, "np.absolute", "use tg.abs"),
    "options": (lambda x: np.add(A, x, dtype=F32), "np.add", "use tg.add"),
    "a method": (np.add.reduce, "np.add.reduce", "use tg.sum"),
    "a sum": (np.sum, "np.sum", "use tg.sum"),
    "a list": (lambda x: np.concatenate([x, x]), "np.concatenate", "use tg.concat"),
    "an option": (lambda x: np.sum(A, where=x > 0), "np.add.reduce", "use tg.sum"),
    "none of ours": (np.arctan, "np.arctan", "compose it of the functions"),
    "a far function": (np.linalg.inv, "np.inv", "compose it of the functions"),
    "an array": (np.asarray, "", "has no values before the graph runs"),
    "a list of arrays": (lambda x: np.array([x, x]), "", "put together by tg.stack"),
    "a constant": (tg.constant, "", "cannot be made an array"),
    "an index": (lambda x: A[x], "", "cannot be made an array"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_called_instead(name):
    call, function, advice = REFUSED[name]
    node = r"the node (x: float32|greater: bool)\[3\], made at test_foreign_calls"
    refused(TypeError, f"{function}.*{node}.*{advice}", call, leaf())


def test_a_node_as_a_feed():
    pattern = r"sequence 'x' is fed the node x: float32\[3\], .*: feed an array of val"
    refused(tg.FeedDTypeError, pattern, tg.evaluate, leaf(), {"x": leaf()})


OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
COMPARISONS = ("lt", "le", "gt", "ge")


@pytest.mark.parametrize("name", OPERATORS + COMPARISONS)
@pytest.mark.parametrize("left", [A, F32(2.5), np.float64(0.5), np.int32(3)], ids=str)
def test_operators_of_arrays_and_nodes(name, left):
    if name == "matmul" and np.ndim(left) == 0:
        return
    combine, x = getattr(operator, name), np.array([[0.5, 1.5, 2.0]], F32)
    node = combine(left, leaf())
    assert isinstance(node, tg.Node)
    wanted = np.asarray(combine(left, x[0]))
    found = tg.evaluate(node, {"x": x})[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("name", ["and_", "or_", "xor"])
def test_operators_of_bools(name):
    combine, x = getattr(operator, name), np.array([[True, False, True]])
    left = np.array([True, True, False])
    found = tg.evaluate(combine(left, leaf("bool")), {"x": x})
    assert found[0].tolist() == combine(left, x[0]).tolist()


def test_equality_is_identity_and_shapes_are_told():
    x = leaf()
    assert (x == A, x != A, x == A, x != A) == (False, True, False, True)
    assert (np.shape(x), np.ndim(x)) == ((3,), 1)
    total = A
    total += x
    assert isinstance(total, tg.Node)


def test_parameters_are_not_written_one_by_one():
    parameters = tg.Parameters({"W": A})
    pattern = r"parameters are not written one by one: use .update\({'W': value}\)"
    refused(TypeError, pattern, parameters.__setitem__, "W", A)
    assert parameters.version == 0
