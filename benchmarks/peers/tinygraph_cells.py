"""tinygraph: cells of one's own, each its definition and nothing more.

All map x (batch, H) per step to h (batch, H); w are the weights of `CellProblem`.
"""

import time
from types import SimpleNamespace

import tinygraph as tg
from benchmarks.peers.ready import Ready
from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.problems import Arrays, CellProblem
from tinygraph import Node


def peephole(x: Node, w: SimpleNamespace) -> Node:
    """An LSTM whose gates see the cell (Gers & Schmidhuber, 2000)."""
    h_prev = tg.delay("h_prev", shape=x.shape)
    c_prev = tg.delay("c_prev", shape=x.shape)
    i, f, g, o = tg.split(x @ w.W + h_prev @ w.U + w.b, 4, axis=-1)
    i, f = tg.sigmoid(i + w.pi * c_prev), tg.sigmoid(f + w.pf * c_prev)
    c = f * c_prev + i * tg.tanh(g)
    h = tg.sigmoid(o + w.po * c) * tg.tanh(c)
    h_prev.close(h)
    c_prev.close(c)
    return h


def gru(x: Node, w: SimpleNamespace) -> Node:
    """A GRU that resets before the product (Cho et al., 2014)."""
    h_prev = tg.delay("h_prev", shape=x.shape)
    xr, xu, xn = tg.split(x @ w.W + w.b, 3, axis=-1)
    hr, hu = tg.split(h_prev @ w.U, 2, axis=-1)
    r, u = tg.sigmoid(xr + hr), tg.sigmoid(xu + hu)
    n = tg.tanh(xn + (r * h_prev) @ w.Un)
    h = u * h_prev + (1 - u) * n
    h_prev.close(h)
    return h


def two_step(x: Node, w: SimpleNamespace) -> Node:
    """A network that sees one and two steps back (Soltani & Jiang, 2016)."""
    before = tg.delay("before", shape=x.shape)
    long_before = tg.delay("long before", shape=x.shape, steps=2)
    h = tg.tanh(x @ w.W + before @ w.U + long_before @ w.V + w.b)
    before.close(h)
    long_before.close(h)
    return h


CELLS = {"peephole": peephole, "gru": gru, "two-step": two_step}


def build(problem: CellProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is the backend."""
    begin = time.perf_counter()
    weights = problem.weights()
    w = SimpleNamespace(**{n: tg.parameter(n, a) for n, a in weights.items()})
    x = tg.sequence("x", ("batch", problem.hidden))
    h = CELLS[problem.cell](x, w)
    loss = tg.mean_over_time(tg.mean(h * h))
    wrt = {"x": x, **vars(w)}
    gradients = tg.grad(loss, list(wrt.values()))
    run = compiled({"loss": loss, **dict(zip(wrt, gradients, strict=True))}, variant)
    seconds = time.perf_counter() - begin
    feeds = {"x": problem.x()}

    def step() -> Arrays:
        run.parameters.update({})
        return run(feeds)

    return Ready(step, facts={"build + grad + compile, ms": 1e3 * seconds})
