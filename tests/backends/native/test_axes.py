"""What runs along an axis, and products that see through views: the right values."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends.native.program import NativeProgram
from tinygraph.testing import assert_same_values, check_backend, gradient_graph

T = 4
XS = np.linspace(-1, 1, T * 12).reshape(T, 2, 2, 3)


def test_a_running_sum_along_an_outer_axis_beside_a_loop():
    x = tg.sequence("x", (2, 2, 3), "float64")
    run = tg.compile({"y": tg.tanh(tg.cumsum(x, 0))}, "native")
    assert_same_values(run({"x": XS}), {"y": np.tanh(np.cumsum(XS, 1))})


def test_a_running_sum_along_an_outer_axis_within_a_loop():
    x = tg.sequence("x", (2, 2, 3), "float64")
    before = tg.delay("before", shape=(2, 2, 3), dtype="float64")
    h = tg.tanh(tg.cumsum(x + 0.5 * before, 0))
    before.close(h)
    loss = tg.sum_over_time(tg.sum(h * h))
    graph = gradient_graph(tg.Graph({"h": h, "loss": loss}))
    wanted, state = [], np.zeros((2, 2, 3))
    for step in XS:
        state = np.tanh(np.cumsum(step + 0.5 * state, 0))
        wanted.append(state)
    found = tg.compile(graph, "native")({"x": XS})
    assert_same_values({"h": found["h"]}, {"h": np.stack(wanted)})
    check_backend(graph, "native", T, {"x": XS})


@pytest.mark.parametrize(
    ("axis", "kept"), [(-1, "row"), (-2, "row"), (-3, "scratch"), (0, "scratch")]
)
def test_a_running_sum_keeps_what_runs_within_its_axis(axis, kept):
    x = tg.sequence("x", (2, 1, 2, 3, 2), "float64")
    graph = tg.Graph({"y": tg.tanh(tg.cumsum(x, axis))})
    (function,) = NativeProgram(graph).functions
    held = {a.role for a in function.arrays if getattr(a.node, "label", "") == "cumsum"}
    assert held == {kept}


def vector_product():
    x = tg.sequence("x", (3,), "float64")
    before = tg.delay("before", shape=(3,), dtype="float64")
    h = tg.tanh((2 * x) @ before + x[0])
    before.close(tg.broadcast_to(h, (3,)))
    return tg.Graph({"h": h, "loss": tg.sum_over_time(h * h)})


def test_a_vector_product_with_the_state():
    xs, wanted, state = XS[:, 0, 0], [], 0.0
    for step in xs:
        state = np.tanh(2 * step.sum() * state + step[0])
        wanted.append(state)
    found = tg.compile(vector_product(), "native")({"x": xs})
    assert_same_values({"h": found["h"]}, {"h": np.stack(wanted)})
    check_backend(gradient_graph(vector_product()), "native", T, {"x": xs})


def fast_weights():
    """A memory of outer products that writes what it read wrong (Schmidhuber, 1992)."""
    q, v = (tg.sequence(n, ("batch", 3), "float64") for n in "qv")
    memory = tg.delay("memory", shape=("batch", 3, 3), dtype="float64")
    read = tg.expand_dims(tg.tanh(q), 1) @ memory
    memory.close(memory + tg.expand_dims(q, 2) * (tg.expand_dims(v, 1) - read))
    return tg.Graph({"read": read, "loss": tg.sum_over_time(tg.sum(read * read))})


def test_the_read_of_a_fast_weight_memory():
    q, v = XS[:, 0], XS[:, 1]
    wanted, memory = [], np.zeros((2, 3, 3))
    for query, value in zip(q, v, strict=True):
        wanted.append(np.tanh(query)[:, None] @ memory)
        memory = memory + query[:, :, None] * (value[:, None] - wanted[-1])
    found = tg.compile(fast_weights(), "native")({"q": q, "v": v})
    assert_same_values({"read": found["read"]}, {"read": np.stack(wanted)})
    check_backend(gradient_graph(fast_weights()), "native", T, {"q": q, "v": v})
