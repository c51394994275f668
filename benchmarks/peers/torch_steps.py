"""PyTorch, the parts that its peers share."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from benchmarks.problems import Array, Arrays

Tensors = dict[str, Tensor]


def leaves(arrays: Arrays) -> Tensors:
    """Return arrays as tensors that want a gradient."""
    return {
        name: torch.from_numpy(array.copy()).requires_grad_()
        for name, array in arrays.items()
    }


def differentiated(
    loss_of: Callable[[], Tensor], wrt: Sequence[Tensor]
) -> Callable[[], list[Tensor]]:
    """Return a step: [loss, the gradient of each tensor]."""

    def step() -> list[Tensor]:
        loss = loss_of()
        return [loss, *torch.autograd.grad(loss, wrt)]

    return step


def reader(names: Sequence[str]) -> Callable[[Any], Arrays]:
    """Return the function that reads what a step returned."""

    def read(results: list[Tensor]) -> Arrays:
        arrays: list[Array] = [each.detach().numpy() for each in results]
        return dict(zip(("loss", *names), arrays, strict=True))

    return read


def compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return torch.compile's version, for fixed sizes; nothing is kept of older ones.

    Recurrences are compiled whole, their loops written out.
    """
    torch.compiler.reset()
    fast: Callable[..., Tensor] = torch.compile(function, dynamic=False)
    return fast
