"""Rows that stand one after another are one: what one loop counts, and what not."""

import numpy as np
import pytest

import tinygraph as tg
from tests.backends.native.test_law import functions_of
from tinygraph.testing import check_backend, gradient_graph

V = tg.parameter("v", np.linspace(-1, 1, 3))
W = tg.parameter("w", np.linspace(-1, 1, 9).reshape(3, 3))


def along(node, start, stop):
    return node[..., start:stop, :]


def moved(d):
    """Rows one place further on, by slices: along the axis before the last."""
    return tg.concat([along(d, 1, None), along(d, 0, 1)], axis=-2)


def padded(d):
    wide = tg.pad(d, ((0, 0),) * (d.ndim - 2) + ((1, 1), (0, 0)))
    return along(wide, 0, -2) + along(wide, 2, None) * 0.5


def picked(d):
    return tg.take(d, [1, 0, 1, 2], axis=-2)


def noisy(d):
    return d + tg.normal(d.shape, d.dtype, time="t", name="noise")


def of_places(d):
    return d * tg.one_hot(tg.argmax(d, axis=-1), 3, d.dtype)


ONE_LOOP = {"alone": tg.sin, "moved": moved, "padded": padded}
LOOPS = {
    "a bias": lambda d: d * V,
    "a mask": lambda d: tg.where(d[..., :1] > 0, d, -d),
    "a product": lambda d: d @ W,
    "softmax": lambda d: tg.softmax(d, axis=-1),
    "a mean": lambda d: d - tg.mean(d, axis=-2, keepdims=True),
    "a running sum": lambda d: tg.cumsum(d, axis=-2) * 0.3,
    "rows in a row": lambda d: tg.cumsum(d, axis=-1) * 0.3,
    "turned": lambda d: tg.flip(d, axis=-2) + tg.flip(d, axis=-1),
    "every second": lambda d: tg.concat([d[..., ::2, :], d[..., 1::2, :]], axis=-2),
    "shifted columns": lambda d: tg.concat([d[..., 1:], d[..., :1]], axis=-1),
    "another order": lambda d: tg.reshape(tg.reshape(d, (*d.shape[:-2], 12)), d.shape),
    "rows taken": picked,
    "noise": noisy,
    "places": of_places,
}
SHAPES = [("batch", 4, 3), ("batch", 2, 4, 3), (2, "batch", 4, 3), (4, 3)]


def graph_of(function, shape, steps=1):
    x = tg.sequence("x", shape, "float64")
    d = tg.delay("d", shape=shape, dtype="float64", steps=steps, init=0.5)
    h = tg.tanh(x + function(d) * 0.7)
    d.close(h)
    loss = tg.mean_over_time(tg.mean(tg.square(h)))
    return tg.Graph({"h": h, "loss": loss, "sum": tg.sum_over_time(h * 2)})


@pytest.mark.parametrize(
    ("way", "shape", "length"),
    [
        ("alone", SHAPES[0], 12),
        ("alone", SHAPES[1], 24),
        ("alone", SHAPES[2], 12),
        ("moved", SHAPES[0], 12),
        ("padded", SHAPES[0], 12),
        ("padded", SHAPES[1], 12),
    ],
)
def test_rows_one_after_another_are_counted_by_one_loop(way, shape, length):
    (function, *_) = functions_of(graph_of(ONE_LOOP[way], shape).outputs)
    steps = function.source.partition("range(steps)")[2]
    assert f"for j in range({length})" in steps
    assert "for j in range(3)" not in steps or way == "moved", "one row is a row"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("way", {**ONE_LOOP, **LOOPS})
def test_values_and_gradients(way, shape):
    graph = graph_of({**ONE_LOOP, **LOOPS}[way], shape, steps=2)
    check_backend(graph, "native", 4)
    check_backend(gradient_graph(graph), "native", 3)


def test_nothing_is_counted_where_an_axis_is_empty():
    x = tg.sequence("x", ("batch", 0, 3), "float64")
    d = tg.delay("d", shape=("batch", 0, 3), dtype="float64")
    h = tg.tanh(x + d)
    d.close(h)
    check_backend(tg.Graph({"h": h, "sum": tg.sum(h, axis=1)}), "native", 2)
