"""What all optimisers share: plain NumPy from gradients to new parameter values.

An optimiser reads and writes a `tg.Parameters` by name. Its own state is a dict of
arrays, changed in place, that a checkpoint stores and restores bit for bit.
"""

import abc
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph_rnn.checking import check_nonnegative, did_you_mean
from tinygraph_rnn.errors import CheckpointError, ConfigError
from tinygraph_rnn.optimizers.clipping import clip_by_global_norm, clip_by_value

Gradients = Mapping[str, NDArray[Any]]

RENAMED = {
    "lr": "the rate is called learning_rate=, here or with each step or update",
    "betas": "they are called beta1= and beta2=",
    "eps": "it is called epsilon=",
}
"""Arguments that optimisers of other libraries have, and what to say instead."""

MOST_COUNTED = 2**60
"""A counter of a stored state is below this; a greater one is damaged."""

__all__ = ["RENAMED", "BaseOptimizer", "Gradients", "Optimizer"]


class Optimizer(Protocol):
    """What training asks of an optimiser.

    Attributes:
        state: name → array, all that must be stored to go on exactly.
    """

    state: dict[str, NDArray[Any]]

    def update(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Write new values of the parameters that have a gradient."""

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Copy a stored `state`; CheckpointError where it does not fit."""


class BaseOptimizer(abc.ABC):
    """What optimisers share: the rate, the state and how they are called.

    A subclass names its buffers, arrays of the state that begin as zeros like each
    parameter, and its counters, and says how one update moves the parameters (`_move`).

    Attributes:
        learning_rate: the rate of updates that are given none; None: there is none.
        weight_decay: λ of the decay added to gradients.
        state: `<buffer>/<parameter>` or `<counter>` → array.
    """

    buffers: tuple[str, ...] = ()
    counters: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        parameters: tg.Parameters,
        weight_decay: float = 0.0,
        learning_rate: float | None = None,
    ) -> None:
        check_nonnegative(weight_decay=weight_decay)
        if learning_rate is not None:
            check_nonnegative(learning_rate=learning_rate)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self._names = tuple(parameters)
        self.state: dict[str, NDArray[Any]] = {
            f"{buffer}/{name}": np.zeros_like(value)
            for buffer in self.buffers
            for name, value in parameters.items()
        }
        for counter in self.counters:
            self.state[counter] = np.zeros((), "int64")

    def step(
        self,
        run: tg.CompiledFunction,
        feeds: Mapping[Any, Any] | None = None,
        *,
        learning_rate: float | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        **call: Any,
    ) -> float:
        """Run a loss and its gradients, move `run.parameters`, return the loss.

        The loss is that before the update. Parameters of the graph without a gradient
        (`value_and_grad` was given others) stay as they are.

        Args:
            run: compiled from `tg.value_and_grad(loss, parameters)`.
            feeds: of this call.
            learning_rate: of this update; by default the optimiser's.
            clip_norm: the greatest norm of all gradients together; longer ones are
                scaled down (`clip_by_global_norm`).
            clip_value: the greatest size of an entry (`clip_by_value`).
            call: `steps`, `start`, `seed` and `cast` of the call.

        Raises:
            ConfigError: `run` gives no loss or no gradients, or there is no rate.
            tg.NonFiniteError: the loss, or the norm to clip, is NaN or infinite;
                nothing was changed.
        """
        rate = self._rate(learning_rate)
        out = run(feeds, **call)
        gradients: Gradients = tg.gradients_in(out)
        if "loss" not in out or not gradients:
            raise ConfigError(
                'step needs a function with the outputs "loss" and "gradient/<name>", '
                f"not {', '.join(out)}: tg.compile(tg.value_and_grad(loss, parameters))"
            )
        loss = float(out["loss"])
        _demand_finite(loss=loss)
        if clip_norm is not None:
            gradients, norm = clip_by_global_norm(gradients, clip_norm)
            _demand_finite(**{"norm of the gradients": norm})
        if clip_value is not None:
            gradients = clip_by_value(gradients, clip_value)
        self.update(run.parameters, gradients, rate, partial=True)
        return loss

    def update(
        self,
        parameters: tg.Parameters,
        gradients: Gradients,
        learning_rate: float | None = None,
        *,
        partial: bool = False,
    ) -> None:
        """Move the parameters once.

        Args:
            parameters: those this optimiser was made for, or others of the same names
                and shapes.
            gradients: parameter name → gradient, an array of the parameter's shape.
            learning_rate: η of this update; by default the optimiser's.
            partial: gradients may be missing, and their parameters stay as they are.

        Raises:
            ConfigError: a gradient is missing, of no parameter, or of another shape
                (names both), or there is no rate.
        """
        rate = self._rate(learning_rate)
        self._check(parameters, gradients, partial)
        self._move(parameters, gradients, rate)

    @abc.abstractmethod
    def _move(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Write new values of the parameters that have a gradient."""

    def _rate(self, given: float | None) -> float:
        rate = self.learning_rate if given is None else given
        kind = type(self).__name__
        if rate is None:
            raise ConfigError(
                f"{kind} has no learning rate: say it once, {kind}(parameters, "
                "learning_rate=0.01), or with each step, learning_rate=0.01"
            )
        return rate

    def _check(
        self, parameters: tg.Parameters, gradients: Mapping[str, Any], partial: bool
    ) -> None:
        kind = type(self).__name__
        for name, gradient in gradients.items():
            if name not in parameters or name not in self._names:
                whose = "the parameters" if name not in parameters else f"this {kind}'s"
                known = parameters if name not in parameters else self._names
                raise ConfigError(
                    f"a gradient is named {name!r}, but {whose} are "
                    f"{', '.join(known) or 'none'}{did_you_mean(name, known)}"
                )
            shape = None if gradient is None else np.shape(gradient)
            wanted = parameters[name].shape
            if shape is not None and shape != wanted:
                raise ConfigError(
                    f"the gradient of {name!r} has shape {shape}, but the parameter "
                    f"{name!r} has shape {wanted}"
                )
        missing = [name for name in self._names if gradients.get(name) is None]
        if any(name in gradients for name in missing) or (missing and not partial):
            raise ConfigError(
                f"no gradient for the parameter {missing[0]!r}; there are those of "
                f"{', '.join(gradients) or 'none'}. Leave it as it is on purpose by "
                "partial=True"
            )

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Copy a stored state into this one.

        Raises:
            CheckpointError: names, shapes or dtypes differ, or a counter is negative or
                too large.
        """
        if {n: (a.shape, a.dtype) for n, a in state.items()} != {
            n: (a.shape, a.dtype) for n, a in self.state.items()
        }:
            raise CheckpointError(
                f"the stored optimiser state is not one of {type(self).__name__} for "
                "this model: train with the optimiser that wrote it"
            )
        for counter in self.counters:
            if not 0 <= state[counter] < MOST_COUNTED:
                raise CheckpointError(
                    "the stored optimiser state is damaged: it counts "
                    f"{state[counter]} {counter}"
                )
        for name, array in state.items():
            self.state[name][...] = array

    def decayed(
        self, parameters: tg.Parameters, name: str, gradient: NDArray[Any]
    ) -> NDArray[Any]:
        """Return the gradient with that of λ/2 |w|² added, λ the weight decay."""
        if not self.weight_decay:
            return gradient
        return gradient + self.weight_decay * parameters[name]


def _demand_finite(**numbers: float) -> None:
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise tg.NonFiniteError(
                f"the {name} is {number}: nothing was changed by this step. "
                "tg.first_nonfinite(run.graph, feeds, parameters=run.parameters) "
                "finds the node where that begins"
            )
