"""What a user writes, as a type checker reads it; see test_typing.py.

A line marked as refused must be an error, every other line must be none.
"""

from typing import assert_type

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing

x = tg.sequence("x", ("batch", 3))
W = tg.parameter("W", np.eye(3, dtype="float32"))
h_prev = tg.delay("h_prev", shape=("batch", 3))
h = tg.tanh(x @ W + h_prev)
h_prev.close(h)
loss = tg.mean_over_time(tg.mean(h * h))

assert_type(h, tg.Node)
assert_type(h_prev, tg.Delay)
assert_type(tg.grad(loss, W), tg.Node)
assert_type(tg.grad(loss, [W, h]), list[tg.Node])
assert_type(tg.grad(loss, (W,), unconnected="zeros"), list[tg.Node])
assert_type(tg.grad(loss, {"W": W}.values()), list[tg.Node])
assert_type(tg.vjp(h, W, h), tg.Node)
assert_type(tg.vjp([h, h], [W], [h, h]), list[tg.Node])
assert_type(tg.jvp(h, [W], [W]), tg.Node)
assert_type(tg.jvp([h], W, W), list[tg.Node])
assert_type(tg.value_and_grad(loss, [W]), dict[str, tg.Node])
assert_type(tg.at(h, -1), tg.Node)
tg.grad(loss, "W")  # refused
tg.grad(loss, W, unconnected="zero")  # refused
tg.grad(loss)  # refused

graph = tg.Graph({"h": h, "dW": tg.grad(loss, W)})
assert_type(graph["h"], tg.Node)
assert_type(tg.unroll(graph, 3), tg.Unrolled)
assert_type(tg.unroll(graph, 3).at("h", 0), tg.Node)
assert_type(tg.stateful(graph), tg.Stateful)
run = tg.compile(graph)
assert_type(run, tg.CompiledFunction)
assert_type(run.parameters, tg.Parameters)
assert_type(tg.draw(graph), tg.Drawing)
assert_type(tg.explain(graph), str)
testing.check_unrolling(graph, steps=3)
testing.recurrent_graphs()

layer = rnn.Linear(3, 4, rng=np.random.default_rng(0))
assert_type(layer(h), tg.Node)
assert_type(layer.parameters, list[tg.Node])

tg.nothere  # refused  # noqa: B018
testing.nothere  # refused  # noqa: B018
rnn.nothere  # refused  # noqa: B018
rnn.Linear(3, 4)  # refused
