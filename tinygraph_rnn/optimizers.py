"""Optimisers: plain NumPy from gradients to new parameter values.

An optimiser reads and writes a `tg.Parameters` by name. Its own state is a dict of
arrays, changed in place, that a checkpoint stores and restores bit for bit.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph_rnn.errors import CheckpointError, ConfigError

Array = NDArray[Any]
Gradients = Mapping[str, Array]

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Optimizer", "clip_by_global_norm"]


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


class _Slots:
    """The state shared by optimisers: zeros like each parameter, under a prefix."""

    slots: tuple[str, ...] = ()

    def __init__(self, parameters: tg.Parameters) -> None:
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


class SGD(_Slots):
    """w ← w − η v with v ← μ v + g: gradient descent with momentum μ."""

    def __init__(self, parameters: tg.Parameters, momentum: float = 0.9) -> None:
        if not 0.0 <= momentum < 1.0:
            raise ConfigError(f"momentum must be in [0, 1), not {momentum}")
        self.momentum = momentum
        self.slots = ("velocity",) if momentum else ()
        super().__init__(parameters)

    def update(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Move against the gradient; η is `learning_rate`."""
        new = {}
        for name, gradient in gradients.items():
            step = gradient
            if self.momentum:
                step = self.state[f"velocity/{name}"]
                step *= self.momentum
                step += gradient
            new[name] = parameters[name] - learning_rate * step
        parameters.update(new)


class Adam(_Slots):
    """Adam (Kingma & Ba, 2015): m and v are running means of g and g².

    w ← w − η m̂ / (√v̂ + ε), where m̂ = m / (1 − β₁ⁿ) and v̂ = v / (1 − β₂ⁿ).
    """

    slots = ("m", "v")

    def __init__(
        self,
        parameters: tg.Parameters,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        for name, value in (("beta1", beta1), ("beta2", beta2)):
            if not 0.0 <= value < 1.0:
                raise ConfigError(f"{name} must be in [0, 1), not {value}")
        if not epsilon > 0.0:
            raise ConfigError(f"epsilon must be positive, not {epsilon}")
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        super().__init__(parameters)
        self.state["updates"] = np.zeros((), "int64")

    def update(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Move by the scaled running mean; η is `learning_rate`."""
        self.state["updates"] += 1
        n = int(self.state["updates"])
        scale = learning_rate / (1.0 - self.beta1**n)
        correction = math.sqrt(1.0 - self.beta2**n)
        new = {}
        for name, gradient in gradients.items():
            m, v = self.state[f"m/{name}"], self.state[f"v/{name}"]
            m += (1.0 - self.beta1) * (gradient - m)
            v += (1.0 - self.beta2) * (np.square(gradient) - v)
            step = np.sqrt(v, out=np.empty_like(v))
            step /= correction
            step += self.epsilon
            np.divide(m, step, out=step)
            step *= scale
            new[name] = np.subtract(parameters[name], step, out=step)
        parameters.update(new)


OPTIMIZERS: dict[str, Callable[[tg.Parameters], Optimizer]] = {
    "adam": Adam,
    "sgd": SGD,
}
"""Name → optimiser with its usual settings."""


def clip_by_global_norm(
    gradients: Gradients, limit: float
) -> tuple[dict[str, Array], float]:
    """Scale all gradients so that their common norm is at most `limit`.

    The norm is √(Σ g²) over all entries of all gradients (Pascanu et al., 2013).

    Returns:
        The gradients, the very arrays where nothing is clipped, and the norm
        before clipping (NaN or infinite where a gradient is).
    """
    if not limit > 0.0:
        raise ConfigError(f"the limit of the gradient norm must be > 0, not {limit}")
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))
    if not math.isfinite(norm):
        norm = _wide_norm(gradients)
    if not limit < norm < math.inf:
        return dict(gradients), norm
    return {name: g * (limit / norm) for name, g in gradients.items()}, norm


def _wide_norm(gradients: Gradients) -> float:
    """The norm where squares overflow in float32."""
    squares = (np.sum(np.square(g, dtype="float64")) for g in gradients.values())
    return math.sqrt(float(sum(squares)))
