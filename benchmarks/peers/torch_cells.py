"""PyTorch: the cells of one's own as loops, plain or under torch.compile.

The input GEMM is hoisted out of the loop.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.peers.ready import Ready
from benchmarks.peers.torch_steps import (
    Tensors,
    compiled,
    differentiated,
    leaves,
    reader,
)
from benchmarks.problems import CellProblem


def build(problem: CellProblem, variant: str, threads: int) -> Ready:
    """Return the step of a variant: "loop" or "compile"."""
    torch.set_num_threads(threads)
    w = leaves({"x": problem.x(), **problem.weights()})
    states = CELLS[problem.cell]

    def loss_of(w: Tensors) -> Tensor:
        h = torch.stack(states(w["x"] @ w["W"] + w["b"], w))
        return (h * h).mean()

    function = compiled(loss_of) if variant == "compile" else loss_of
    step = differentiated(lambda: function(w), list(w.values()))
    return Ready(step, reader(list(w)))


def _peephole(inputs: Tensor, w: Tensors) -> list[Tensor]:
    h = c = torch.zeros_like(inputs[0].chunk(4, dim=-1)[0])
    states = []
    for step in inputs:
        i, f, g, o = (step + h @ w["U"]).chunk(4, dim=-1)
        i, f = (i + w["pi"] * c).sigmoid(), (f + w["pf"] * c).sigmoid()
        c = f * c + i * g.tanh()
        h = (o + w["po"] * c).sigmoid() * c.tanh()
        states.append(h)
    return states


def _gru(inputs: Tensor, w: Tensors) -> list[Tensor]:
    h = torch.zeros_like(inputs[0].chunk(3, dim=-1)[0])
    states = []
    for step in inputs:
        xr, xu, xn = step.chunk(3, dim=-1)
        hr, hu = (h @ w["U"]).chunk(2, dim=-1)
        r, u = (xr + hr).sigmoid(), (xu + hu).sigmoid()
        n = (xn + (r * h) @ w["Un"]).tanh()
        h = u * h + (1 - u) * n
        states.append(h)
    return states


def _two_step(inputs: Tensor, w: Tensors) -> list[Tensor]:
    before = long_before = torch.zeros_like(inputs[0])
    states = []
    for step in inputs:
        h = (step + before @ w["U"] + long_before @ w["V"]).tanh()
        before, long_before = h, before
        states.append(h)
    return states


CELLS: dict[str, Callable[[Tensor, Tensors], list[Tensor]]] = {
    "peephole": _peephole,
    "gru": _gru,
    "two-step": _two_step,
}
