"""Node: identity, names, scopes, the user's line, operators, the one every_step."""

import inspect
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, close, refused, value


def line():
    return inspect.currentframe().f_back.f_lineno


def test_a_node_knows_the_line_that_made_it():
    x = tg.sequence("x", (3,))
    made = line() - 1
    assert x.line == (__file__, made)
    assert x.where == f"{Path(__file__).name}:{made}"
    y = x @ np.ones((3, 2), F32) + 1.0
    assert {node.line[1] for node in tg.Graph(y).nodes} == {made, line() - 1}
    delay = tg.delay("d", shape=())
    assert delay.line[1] == line() - 1


def test_gradients_and_copies_keep_the_line_of_what_they_belong_to():
    x = tg.sequence("x", (), F64)
    y = tg.tanh(x)
    made = y.line
    gradient = tg.grad(tg.sum_over_time(y), x)
    assert made in {node.line for node in tg.Graph(gradient).nodes}
    unrolled = tg.unroll(tg.Graph({"y": y}), 2)
    assert unrolled.at(y, 1).line == made


def test_a_package_can_hide_its_own_frames():
    code = "import tinygraph as tg\ndef make(): return tg.sequence('x')\n"
    space = {"__name__": "some_layers.cells"}
    exec(compile(code, "cells.py", "exec"), space)
    assert space["make"]().where == "cells.py:2"
    tg.hide_frames_of("some_layers")
    assert space["make"]().line == (__file__, line())


def test_scopes_nest():
    with tg.scope("model"), tg.scope("lstm"):
        inner = tg.constant(1.0)
    assert inner.scope == ("model", "lstm")
    assert tg.constant(1.0).scope == ()
    with pytest.raises(RuntimeError, match="inside"), tg.scope("model"):
        raise RuntimeError("inside")
    assert tg.constant(1.0).scope == ()


def test_the_gradient_of_a_scope_has_a_scope_of_its_own():
    x = tg.placeholder("x", (), F64)
    with tg.scope("model"):
        y = tg.tanh(x) * 2.0
    gradient = tg.grad(y, x)
    scopes = {node.scope for node in tg.Graph(gradient).nodes if node is not x}
    assert ("gradient", "model") in scopes


def test_repr_and_description():
    x = tg.sequence("x", ("batch", 3))
    assert repr(x) == "<sequence 'x': float32[batch, 3] (per step of 't')>"
    assert repr(tg.sum(x) * 2.0) == "<multiply: float32[] (per step of 't')>"
    assert tg.tanh(x).describe() == "tanh: float32[batch, 3]"
    assert repr(tg.REPLICATE) == "REPLICATE"
    assert repr(tg.REGISTRY["tanh"]) == "Op('tanh')"


def test_nodes_compare_by_identity():
    a, b = tg.constant(1.0), tg.constant(1.0)
    assert a == a
    assert a != b
    assert len({a, b, a}) == 2
    assert tg.equal(a, b).dtype == "bool"


def test_every_step_is_one_node_per_axis():
    w, x = tg.parameter("W", np.ones(3, F32)), tg.sequence("x", (3,))
    lifted = tg.every_step(w)
    assert tg.every_step(w) is lifted
    assert (x * w).inputs[1] is lifted
    assert (w + x).inputs[0] is lifted
    assert lifted.inputs == (w,)
    assert tg.every_step(x) is x
    assert tg.every_step(w, "s") is not lifted
    assert tg.every_step(w, "s").time == "s"
    assert (lifted.label, lifted.type) == ("W", x.type)


A = np.array([[3.0, -2.0], [0.5, 4.0]])
B = np.array([[2.0, 5.0], [-1.5, 3.0]])
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: (a * a) ** b,
    "@": lambda a, b: a @ b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "- neg": lambda a, b: -a + b,
    "abs": lambda a, b: abs(a - b),
    "& |": lambda a, b: ((a < b) & (a > 0)) | (b < 0),
    "^ ~": lambda a, b: ~((a < b) ^ (a > 0)),
    "T": lambda a, b: a.T - b,
    "[0]": lambda a, b: a[0] + b[:, 1],
    "[..., None]": lambda a, b: a[..., None] * b[None, 0, ::-1],
    "[-1, 1:]": lambda a, b: a[-1, 1:] + b[1:, 0],
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_mean_what_they_mean_in_numpy(name):
    f = OPERATORS[name]
    p, q = tg.placeholder("p", (2, 2), F64), tg.sequence("q", (2, 2), F64)
    wanted = f(A, B)
    close(value(f(p, tg.placeholder("q", (2, 2), F64)), {"p": A, "q": B}), wanted)
    both = value(f(p, q), {"p": A, "q": np.stack([B, A])})
    close(both, np.stack([wanted, f(A, A)]))
    close(value(f(p, tg.constant(B)), {"p": A}), wanted)


@pytest.mark.parametrize("name", [n for n in OPERATORS if len(n) < 3 and n != "@"])
def test_operators_take_numbers_and_arrays_on_either_side(name):
    f = OPERATORS[name]
    p = tg.placeholder("p", (2, 2), F64)
    if name not in ("T",):
        close(value(f(p, 2.0), {"p": A}), f(A, 2.0))
        close(value(f(3.0, p), {"p": B}), f(np.float64(3.0), B))
        close(value(f(A, p), {"p": B}), f(A, B))


def test_what_is_no_operand_is_left_to_python():
    class Friend:
        def __radd__(self, other):
            return "mine"

    x = tg.constant(1.0)
    assert x + Friend() == "mine"
    for bad in ("text", None, [1.0]):
        refused(TypeError, "unsupported operand", lambda bad=bad: x - bad)


def test_unpacking_iterates_over_the_first_axis():
    a, b = tg.placeholder("p", (2, 3), F64)
    close(value(a - b, {"p": np.arange(6.0).reshape(2, 3)}), [-3.0, -3.0, -3.0])
    refused(TypeError, "its first axis has no fixed length", iter, tg.constant(1.0))


def test_named():
    x = tg.sequence("x", (), F64)
    before = tg.delay("before", source=x)
    assert tg.tanh(x, name="act").name == tg.tanh(x).named("act").name == "act"
    assert tg.tanh(x).named("act").op.name == "tanh"
    for node in (x, before, tg.every_step(tg.constant(1.0)), tg.uniform(())):
        other = node.named("other")
        assert (other.op.name, other.inputs) == ("identity", (node,))
    close(value(x.named("other"), {"x": np.ones(2)}), [1.0, 1.0])


def test_constants_and_parameters_are_copies():
    array = np.ones(2)
    fixed, trained = tg.constant(array), tg.parameter("W", array)
    array[0] = 5.0
    close(value(fixed), [1.0, 1.0])
    close(value(trained), [1.0, 1.0])
    assert tg.parameter("b", 0.0).dtype == F32
    assert tg.parameter("n", 3).dtype == np.int64


def test_an_op_of_the_user():
    def vjp(y, ct):
        return (ct * 3.0,)

    name = "triple_for_a_test"
    triple = tg.register(tg.Op(name, infer=lambda x: x, impl=lambda x: x * 3, vjp=vjp))
    try:
        x = tg.placeholder("x", (2,), F64)
        y = tg.apply(triple, x, name="y")
        found = tg.Graph({"y": y, "dx": tg.grad(tg.sum(y), x)})
        results = tg.compile(found)({"x": np.array([1.0, 2.0])})
        close(results["y"], [3.0, 6.0])
        close(results["dx"], [3.0, 3.0])
    finally:
        del tg.REGISTRY[name]
