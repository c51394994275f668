"""Graphs to draw, small enough to say what must be on the page."""

import numpy as np

import tinygraph as tg


def weight(name, *shape):
    return tg.parameter(name, np.zeros(shape, "float32"))


def rnn(init=0.0):
    """hₜ = tanh(xₜ U + hₜ₋₁ W + b), oₜ = hₜ V."""
    x = tg.sequence("x", ("batch", 8))
    h_prev = tg.delay("h_prev", init=init, shape=("batch", 16))
    h = tg.tanh(x @ weight("U", 8, 16) + h_prev @ weight("W", 16, 16) + weight("b", 16))
    h_prev.close(h)
    return tg.Graph({"o": h @ weight("V", 16, 4)})


def lstm():
    """An LSTM cell in a scope, its four linear maps in scopes of their own."""
    x = tg.sequence("x", ("batch", 8))
    with tg.scope("LSTM cell"):
        h_prev = tg.delay("h_prev", shape=("batch", 16))
        c_prev = tg.delay("c_prev", shape=("batch", 16))
        xh = tg.concat([x, h_prev], axis=-1)
        gates = {}
        for name in "figo":
            act = tg.tanh if name == "g" else tg.sigmoid
            with tg.scope(f"Linear {name}"):
                z = xh @ weight(f"W{name}", 24, 16) + weight(f"b{name}", 16)
            gates[name] = act(z).named(f"gate {name}")
        c = (gates["f"] * c_prev + gates["i"] * gates["g"]).named("c")
        h = (tg.tanh(c) * gates["o"]).named("h")
        c_prev.close(c)
        h_prev.close(h)
    return tg.Graph({"h": h})


def language_model():
    """Embed, RNN cell and Linear in scopes, and a loss per step and in all."""
    x = tg.sequence("x", ("batch",), "int64")
    y = tg.sequence("y", ("batch",), "int64")
    with tg.scope("Embed"):
        e = tg.take(weight("E", 6, 8), x, axis=0)
    with tg.scope("RNN cell"):
        h_prev = tg.delay("h_prev", shape=("batch", 16))
        h = tg.tanh(e @ weight("U", 8, 16) + h_prev @ weight("W", 16, 16)).named("h")
        h_prev.close(h)
    with tg.scope("Linear"):
        s = h @ weight("V", 16, 6) + weight("c", 6)
    with tg.scope("cross-entropy"):
        loss = tg.mean(tg.cross_entropy(s, y)).named("L")
    return tg.Graph({"loss": tg.sum_over_time(loss)})


def shift(steps, name="d", **options):
    """y = x + the value of x `steps` steps ago: a delay on no cycle."""
    x = tg.sequence("x", ())
    return tg.Graph({"y": x + tg.delay(name, source=x, steps=steps, **options)})


def loop(steps, name="d"):
    """A state that looks `steps` steps back."""
    x = tg.sequence("x", ())
    before = tg.delay(name, steps=steps, shape=())
    s = tg.tanh(x + before).named("s")
    before.close(s)
    return tg.Graph({"s": s})


def encoder_decoder():
    """The last state over `source` is the first over `target`."""
    x = tg.sequence("x", ("batch", 4), time="source")
    y = tg.sequence("y", ("batch", 4), time="target")
    h_prev = tg.delay("h_prev", shape=("batch", 4), time="source")
    h = tg.tanh(x + h_prev).named("h")
    h_prev.close(h)
    s_prev = tg.delay("s_prev", init=tg.last(h), time="target")
    s = tg.tanh(y + s_prev).named("s")
    s_prev.close(s)
    return tg.Graph({"s": s, "loss": tg.sum_over_time(tg.mean(s))})


def bidirectional():
    """One loop each way over the same input."""
    x = tg.sequence("x", (4,))
    after = tg.delay("b_next", shape=(4,), steps=-1)
    before = tg.delay("f_prev", shape=(4,))
    f, b = tg.tanh(x + before).named("f"), tg.tanh(x + after).named("b")
    before.close(f)
    after.close(b)
    return tg.Graph({"y": tg.concat([f, b], axis=-1)})


def adjoint():
    """The gradient of an RNN: a second loop that runs the other way."""
    graph = rnn()
    loss = tg.sum_over_time(tg.sum(graph["o"] * graph["o"]))
    return tg.Graph({"loss": loss, "dW": tg.grad(loss, graph["W"])})


def stacked(layers=2, x=None):
    """Cells of two states, one upon the other, each in a numbered scope."""
    x = tg.sequence("x", ("batch", 4)) if x is None else x
    for i in range(1, layers + 1):
        h_prev = tg.delay(f"layers.{i}.h_prev", shape=("batch", 4))
        c_prev = tg.delay(f"layers.{i}.c_prev", shape=("batch", 4))
        with tg.scope(f"Cell {i}"):
            c = (c_prev + tg.tanh(x @ weight(f"W{i}", 4, 4) + h_prev)).named("c")
            h = tg.tanh(c).named("h")
        h_prev.close(h)
        c_prev.close(c)
        x = h
    return tg.Graph({"y": x})


MODELS = [
    rnn,
    lstm,
    language_model,
    encoder_decoder,
    bidirectional,
    adjoint,
    stacked,
    *(lambda k=k: loop(k) for k in (1, 2, 3, -1, -2)),
    *(lambda k=k: shift(k) for k in (1, 2, 3, -1, -2)),
]
