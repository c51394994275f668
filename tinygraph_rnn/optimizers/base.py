"""What all optimisers share: plain NumPy from gradients to new parameter values.

An optimiser reads and writes a `tg.Parameters` by name. Its own state is a dict of
arrays, changed in place, that a checkpoint stores and restores bit for bit.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

import tinygraph as tg
from tinygraph_rnn.checking import check_nonnegative
from tinygraph_rnn.errors import CheckpointError
from tinygraph_rnn.initializers import Array

Gradients = Mapping[str, Array]

__all__ = ["Gradients", "Optimizer", "Slots"]


class Optimizer(Protocol):
    """What training asks of an optimiser.

    Attributes:
        state: name → array, all that must be stored to go on exactly.
    """

    state: dict[str, Array]

    def update(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Write new values of the parameters that have a gradient."""

    def load(self, state: Mapping[str, Array]) -> None:
        """Take up a stored `state`; CheckpointError where it does not fit."""


class Slots:
    """The state shared by optimisers: zeros like each parameter, under a prefix."""

    slots: tuple[str, ...] = ()

    def __init__(self, parameters: tg.Parameters, weight_decay: float = 0.0) -> None:
        check_nonnegative(weight_decay=weight_decay)
        self.weight_decay = weight_decay
        self.state: dict[str, Array] = {
            f"{slot}/{name}": np.zeros_like(value)
            for slot in self.slots
            for name, value in parameters.items()
        }

    def load(self, state: Mapping[str, Array]) -> None:
        """Copy a stored state into this one.

        Raises:
            CheckpointError: names, shapes or dtypes differ.
        """
        if {n: (a.shape, a.dtype) for n, a in state.items()} != {
            n: (a.shape, a.dtype) for n, a in self.state.items()
        }:
            raise CheckpointError(
                f"the stored optimiser state is not one of {type(self).__name__} for "
                "this model: train with the optimiser that wrote it"
            )
        for name, array in state.items():
            self.state[name][...] = array

    def decayed(self, parameters: tg.Parameters, name: str, gradient: Array) -> Array:
        """Return the gradient with that of λ/2 |w|² added, λ the weight decay."""
        if not self.weight_decay:
            return gradient
        return gradient + self.weight_decay * parameters[name]
