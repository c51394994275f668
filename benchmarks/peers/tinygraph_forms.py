"""tinygraph: models whose cells are written in every form of `spellings`."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.peers.ready import Ready
from benchmarks.peers.spellings import Spelling
from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.problems import Arrays, FormProblem
from tinygraph import Node
from tinygraph.explaining.work import work

SHARED = ("Wo", "bo")
"""Weights that every form has alike: their gradients are compared."""

Cell = Callable[[Spelling, Node, str], Node]


def lstm(way: Spelling, x: Node, name: str) -> Node:
    """An LSTM (Hochreiter & Schmidhuber, 1997) with a forget gate."""
    h_prev, c_prev = _state(way, f"{name}.h", x), _state(way, f"{name}.c", x)
    i, f, g, o = way.gates(name, [x, h_prev], 4)
    c = way.sigmoid(f) * c_prev + way.sigmoid(i) * tg.tanh(g)
    h = way.sigmoid(o) * tg.tanh(c)
    c_prev.close(c)
    h_prev.close(h)
    return h


def gru(way: Spelling, x: Node, name: str) -> Node:
    """A GRU that resets before the product (Cho et al., 2014)."""
    h_prev = _state(way, f"{name}.h", x)
    r, u = (way.sigmoid(z) for z in way.gates(f"{name}.ru", [x, h_prev], 2))
    (n,) = way.gates(f"{name}.n", [x, r * h_prev], 1)
    h = u * h_prev + (1 - u) * tg.tanh(n)
    h_prev.close(h)
    return h


def gru_after(way: Spelling, x: Node, name: str) -> Node:
    """A GRU that resets after the product, as cuDNN has it."""
    h_prev = _state(way, f"{name}.h", x)
    if way.form in ("packed", "torch", "reshaped"):
        _as_joined(way, name, x)
        xr, xu, xn = way.gates(f"{name}.x", [x], 3)
        hr, hu, hn = way.gates(f"{name}.h", [h_prev], 3)
        r, u = way.sigmoid(xr + hr), way.sigmoid(xu + hu)
    else:
        (xn,) = way.gates(f"{name}.xn", [x], 1)
        (hn,) = way.gates(f"{name}.hn", [h_prev], 1)
        r, u = (way.sigmoid(z) for z in way.gates(f"{name}.ru", [x, h_prev], 2))
    h = u * h_prev + (1 - u) * tg.tanh(xn + r * hn)
    h_prev.close(h)
    return h


def _as_joined(way: Spelling, name: str, x: Node) -> None:
    """Give products of x and of h alone the numbers that joined ones would have."""
    H, ru, xn, hn = way.hidden, f"{name}.ru", f"{name}.xn", f"{name}.hn"
    for i, (whole, n, width) in enumerate(
        ((f"{name}.x", xn, int(x.shape[-1])), (f"{name}.h", hn, H))
    ):
        parts = [
            way.numbers(f"{ru}.{i}", width, 2 * H),
            way.numbers(f"{n}.0", width, H),
        ]
        way.given[f"{whole}.0"] = np.concatenate(parts, -1)
        first = way.numbers(f"{ru}.b", 2 * H) if i == 0 else np.zeros(2 * H, "float32")
        way.given[f"{whole}.b"] = np.concatenate([first, way.numbers(f"{n}.b", H)])


def elman(way: Spelling, x: Node, name: str) -> Node:
    """A network with one tanh (Elman, 1990)."""
    h_prev = _state(way, f"{name}.h", x)
    (z,) = way.gates(name, [x, h_prev], 1)
    h = tg.tanh(z)
    h_prev.close(h)
    return h


def layer_norm_lstm(way: Spelling, x: Node, name: str) -> Node:
    """An LSTM whose gates are normalised together (Ba et al., 2016), and its cell."""
    h_prev, c_prev = _state(way, f"{name}.h", x), _state(way, f"{name}.c", x)
    parts = [way.gates(f"{name}.{n}", [v], 4) for n, v in (("x", x), ("h", h_prev))]
    z = [_normalized(tg.concat(gates, axis=-1)) for gates in parts]
    i, f, g, o = tg.split(z[0] + z[1], 4, axis=-1)
    c = way.sigmoid(f) * c_prev + way.sigmoid(i) * tg.tanh(g)
    h = way.sigmoid(o) * tg.tanh(_normalized(c))
    c_prev.close(c)
    h_prev.close(h)
    return h


def _normalized(x: Node) -> Node:
    centred = x - tg.mean(x, axis=-1, keepdims=True)
    variance = tg.mean(tg.square(centred), axis=-1, keepdims=True)
    return centred / tg.sqrt(variance + 1e-5)


def _state(way: Spelling, name: str, x: Node) -> Any:
    return tg.delay(name, shape=("batch", way.hidden), time=x.time or "t")


def _language_model(cell: Cell, layers: int = 1) -> Callable[..., Node]:
    def loss(way: Spelling, vocabulary: int) -> Node:
        tokens = tg.sequence("tokens", ("batch",), "int32")
        x = way.embedded("E", tokens, vocabulary, way.hidden)
        for layer in range(layers):
            x = cell(way, x, f"layer{layer}")
        return _cross_entropy(way, x, vocabulary)

    return loss


def _attending(way: Spelling, vocabulary: int) -> Node:
    """An LSTM that reads, one that writes and attends (Luong et al., 2015, "dot")."""
    source = tg.sequence("source", ("batch",), "int32", time="source")
    read = lstm(way, way.embedded("Es", source, vocabulary, way.hidden), "encoder")
    memory = tg.stack(read)
    tokens = tg.sequence("tokens", ("batch",), "int32")
    h = lstm(way, way.embedded("E", tokens, vocabulary, way.hidden), "decoder")
    weights = tg.softmax(tg.sum(h * memory, axis=-1), axis=0)
    context = tg.sum(tg.expand_dims(weights, -1) * memory, axis=0)
    (shown,) = way.gates("shown", [h, context], 1)
    return _cross_entropy(way, tg.tanh(shown), vocabulary)


def _cross_entropy(way: Spelling, x: Node, vocabulary: int) -> Node:
    targets = tg.sequence("targets", ("batch",), "int32")
    logits = x @ way.weight("Wo", way.hidden, vocabulary) + way.weight("bo", vocabulary)
    index = tg.expand_dims(targets, -1)
    picked = tg.take_along_axis(tg.log_softmax(logits, axis=-1), index, axis=-1)
    return tg.mean_over_time(tg.mean(-tg.squeeze(picked, -1)))


MODELS: dict[str, Callable[..., Node]] = {
    "LSTM": _language_model(lstm),
    "GRU": _language_model(gru),
    "GRU, reset after": _language_model(gru_after),
    "Elman": _language_model(elman),
    "LayerNorm-LSTM": _language_model(layer_norm_lstm),
    "two LSTM layers": _language_model(lstm, layers=2),
    "encoder-decoder": _attending,
}


def graph_of(problem: FormProblem, form: str) -> tg.Graph:
    """Return loss and all gradients of a model written in a form."""
    way = Spelling(form, problem.hidden)
    loss = MODELS[problem.model](way, problem.vocabulary)
    found = tg.grad(loss, list(way.parameters.values()))
    return tg.Graph({"loss": loss, **dict(zip(way.parameters, found, strict=True))})


def feeds_of(problem: FormProblem) -> Arrays:
    """Return tokens to read, to write after, and to write."""
    rng = np.random.default_rng(0)
    shape = (3, problem.steps, problem.batch)
    drawn = rng.integers(0, problem.vocabulary, shape, "int32")
    named = dict(zip(("tokens", "targets", "source"), drawn, strict=True))
    if problem.model != "encoder-decoder":
        del named["source"]
    return named


def build(problem: FormProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is the backend and the form."""
    backend, form = variant.split(":")
    begin = time.perf_counter()
    run = compiled(graph_of(problem, form), backend)
    seconds = time.perf_counter() - begin
    feeds = feeds_of(problem)
    sizes = {"batch": problem.batch, "t": problem.steps, "source": problem.steps}
    flops, size = (amount.at(sizes).number for amount in work(run.report()))

    def step() -> Arrays:
        run.parameters.update({})
        return run(feeds)

    def read(results: Arrays) -> Arrays:
        return {name: np.asarray(results[name]) for name in ("loss", *SHARED)}

    facts = {"build + grad + compile, ms": 1e3 * seconds, "FLOP": flops, "B": size}
    return Ready(step, read, facts)
