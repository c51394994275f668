"""Recurrent layers: a cell between delays, layer upon layer."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.cells import (
    NONLINEARITIES,
    LSTMWeights,
    RNNWeights,
    lstm_cell,
    rnn_cell,
)
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.initializers import Array, glorot_uniform, orthogonal, zeros
from tinygraph_rnn.layers import made_parameter

__all__ = ["LSTM", "RNN"]

States = tuple[Node, ...]
"""The states of one layer, per step: (h,) or (h, c), each (batch, hidden)."""


W = TypeVar("W", RNNWeights, LSTMWeights)


class _Stack(Generic[W]):
    """`num_layers` layers of one cell; each reads the h of the one below it.

    A subclass says the names of its states (the first is the output), the type of
    its weights and how many blocks of `hidden_size` they pack, and what a step is.

    Attributes:
        layers: the weights of each layer, from the bottom up.
    """

    state_names: tuple[str, ...]
    weights: type[W]
    blocks: int
    cell_name: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        rng: np.random.Generator,
        name: str,
        dtype: Any,
    ) -> None:
        self.hidden_size, self.name, self.dtype = hidden_size, name, dtype
        self.layers: list[W] = []
        wide = self.blocks * hidden_size
        for depth in range(num_layers):
            inputs = hidden_size if depth else input_size
            made = [
                made_parameter(f"{name}.{depth}.{what}", initializer, rng, shape, dtype)
                for what, initializer, shape in (
                    ("weight_x", glorot_uniform, (inputs, wide)),
                    ("weight_h", orthogonal, (hidden_size, wide)),
                    ("bias", self.first_bias, (wide,)),
                )
            ]
            self.layers.append(self.weights(*made))

    def first_bias(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """The first value of the packed bias."""
        return zeros(rng, shape)

    def step(self, x: Node, before: States, w: W) -> States:
        """One step of one layer: the states now, from those one step ago."""
        raise NotImplementedError

    def __call__(
        self,
        x: Node,
        init: Sequence[Sequence[Any]] | None = None,
        name: str | None = None,
    ) -> Node:
        """Return the output h (batch, hidden) of the top layer at each step.

        Args:
            x: per step, (batch, input).
            init: for each layer its states before the first step; default zeros.
            name: prefix of the delays' names, to call a layer twice in one graph.
        """
        return self.states(x, init, name)[-1][0]

    def states(
        self,
        x: Node,
        init: Sequence[Sequence[Any]] | None = None,
        name: str | None = None,
    ) -> list[States]:
        """Return all states of all layers at each step; arguments as in a call."""
        if x.time is None:
            raise tg.TimeAxisError(
                f"{self.name}: {x.describe()}, made at {x.where}, has one value in "
                "all, but a recurrent layer wants one per step: use tg.sequence, "
                "tg.unstack or tg.every_step"
            )
        name = self.name if name is None else name
        above = []
        for depth, w in enumerate(self.layers):
            first = (0.0,) * len(self.state_names) if init is None else init[depth]
            before = tuple(
                self._delay(f"{name}.{depth}.{state}", x, value)
                for state, value in zip(self.state_names, first, strict=True)
            )
            with tg.scope(self._scope(depth)):
                now = self.step(x, before, w)
            for delay, source in zip(before, now, strict=True):
                delay.close(source)
            above.append(now)
            x = now[0]
        return above

    def _delay(self, name: str, x: Node, init: Any) -> tg.Delay:
        shape = (*x.shape[:-1], self.hidden_size)
        assert x.time is not None
        return tg.delay(name, init=init, shape=shape, dtype=self.dtype, time=x.time)

    def _scope(self, depth: int) -> str:
        number = f" {depth + 1}" if len(self.layers) > 1 else ""
        return f"{self.cell_name}{number}"

    @property
    def parameters(self) -> list[Node]:
        """All weights, from the bottom layer up."""
        return [weight for layer in self.layers for weight in layer]


class RNN(_Stack[RNNWeights]):
    """Simple recurrent layers (Elman, 1990): h = tanh(x Wₓ + h₋₁ Wₕ + b), or relu."""

    state_names = ("h",)
    weights = RNNWeights
    blocks = 1
    cell_name = "RNN cell"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        nonlinearity: str = "tanh",
        rng: np.random.Generator,
        name: str = "rnn",
        dtype: Any = "float32",
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise ConfigError(
                f"nonlinearity must be one of {', '.join(NONLINEARITIES)}, "
                f"not {nonlinearity!r}"
            )
        self.nonlinearity = NONLINEARITIES[nonlinearity]
        super().__init__(input_size, hidden_size, num_layers, rng, name, dtype)

    def step(self, x: Node, before: States, w: RNNWeights) -> States:
        """See `cells.rnn_cell`."""
        (h_prev,) = before
        return (rnn_cell(x, h_prev, w, self.nonlinearity),)


class LSTM(_Stack[LSTMWeights]):
    """LSTM layers; see `cells.lstm_cell`. The forget gate's first bias is 1.

    (Gers et al., 2000; why 1: Józefowicz et al., 2015.)
    """

    state_names = ("h", "c")
    weights = LSTMWeights
    blocks = 4
    cell_name = "LSTM cell"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        rng: np.random.Generator,
        name: str = "lstm",
        dtype: Any = "float32",
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, rng, name, dtype)

    def first_bias(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Ones for the forget gate, zeros for i, g and o."""
        bias = zeros(rng, shape)
        bias[self.hidden_size : 2 * self.hidden_size] = 1.0
        return bias

    def step(self, x: Node, before: States, w: LSTMWeights) -> States:
        """See `cells.lstm_cell`."""
        h_prev, c_prev = before
        return lstm_cell(x, h_prev, c_prev, w)
