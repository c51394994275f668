"""Layers without gates."""

from collections.abc import Mapping
from typing import ClassVar, Unpack, final

import numpy as np

from tinygraph import Node
from tinygraph_rnn.cells import (
    NONLINEARITIES,
    IndRNNWeights,
    JordanWeights,
    RNNWeights,
    indrnn_cell,
    jordan_cell,
    rnn_cell,
)
from tinygraph_rnn.checking import check_choice, check_sizes, explains_arguments
from tinygraph_rnn.layers.initializers import glorot_uniform, uniform, zeros
from tinygraph_rnn.layers.recurrent.loop import TIME_FIRST, States
from tinygraph_rnn.layers.recurrent.stacks import RecurrentLayers
from tinygraph_rnn.layers.recurrent.weights import SYMBOLS, LayerOptions, Shapes

__all__ = ["RNN", "IndRNN", "JordanRNN"]


@final
class RNN(RecurrentLayers[RNNWeights]):
    """Simple recurrent layers (Elman, 1990): h = tanh(x Wₓ + h₋₁ Wₕ + b), or relu.

    Args:
        nonlinearity: a key of `NONLINEARITIES`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.RNN(3, 4, rng=rng)(x)
        <tanh 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h",)
    weights = RNNWeights
    cell_name = "RNN cell"
    short_name = "rnn"

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        nonlinearity: str = "tanh",
        rng: np.random.Generator,
        **options: Unpack[LayerOptions],
    ) -> None:
        check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
        self.nonlinearity = NONLINEARITIES[nonlinearity]
        super().__init__(input_size, hidden_size, num_layers, rng=rng, **options)

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.RNNWeights`."""
        return self.packed(inputs, 1)

    def step(self, x: Node, before: States, w: RNNWeights) -> States:
        """See `cells.rnn_cell`."""
        (h_prev,) = before
        return (rnn_cell(x, h_prev, w, self.nonlinearity),)


@final
class JordanRNN(RecurrentLayers[JordanWeights]):
    """Layers that read their own last output (Jordan, 1986); see `jordan_cell`.

    Args:
        nonlinearity, output_nonlinearity: keys of `NONLINEARITIES`, of the units and of
            the output.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.JordanRNN(3, 4, rng=rng)(x)
        <identity 'y': float32[batch, 4] (per step of 't')>
    """

    state_names = ("y",)
    weights = JordanWeights
    cell_name = "Jordan cell"
    short_name = "jordan"
    recurrent_fields = ("y",)
    size_attributes: ClassVar[Mapping[str, str]] = {"y": "_features"}

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        output_size: int | None = None,
        nonlinearity: str = "tanh",
        output_nonlinearity: str = "identity",
        rng: np.random.Generator,
        **options: Unpack[LayerOptions],
    ) -> None:
        """Make the weights; `output_size` is `hidden_size` by default."""
        features = hidden_size if output_size is None else output_size
        check_sizes(hidden_size=hidden_size, output_size=features)
        check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
        check_choice("output_nonlinearity", output_nonlinearity, NONLINEARITIES)
        self.nonlinearity = NONLINEARITIES[nonlinearity]
        self.output_nonlinearity = NONLINEARITIES[output_nonlinearity]
        self._features = features
        super().__init__(input_size, hidden_size, num_layers, rng=rng, **options)

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.JordanWeights`."""
        packed = self.packed(inputs, 1)
        return {
            "weight_x": packed["weight_x"],
            "weight_y": packed["weight_h"],
            "bias": packed["bias"],
            "weight_out": (glorot_uniform, (self.hidden_size, self._features)),
            "bias_out": (zeros, (self._features,)),
        }

    def step(self, x: Node, before: States, w: JordanWeights) -> States:
        """See `cells.jordan_cell`."""
        (y_prev,) = before
        return (jordan_cell(x, y_prev, w, self.nonlinearity, self.output_nonlinearity),)


@final
class IndRNN(RecurrentLayers[IndRNNWeights]):
    """Layers of independent units (Li et al., 2018); see `cells.indrnn_cell`.

    Args:
        nonlinearity: a key of `NONLINEARITIES`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.IndRNN(3, 4, rng=rng)(x)
        <relu 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h",)
    weights = IndRNNWeights
    cell_name = "IndRNN cell"
    short_name = "indrnn"
    recurrent_fields = ("u",)
    symbols: ClassVar[Mapping[str, str]] = {**SYMBOLS, "weight_h": "u"}

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        nonlinearity: str = "relu",
        rng: np.random.Generator,
        **options: Unpack[LayerOptions],
    ) -> None:
        check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
        self.nonlinearity = NONLINEARITIES[nonlinearity]
        super().__init__(input_size, hidden_size, num_layers, rng=rng, **options)

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.IndRNNWeights`; |u| starts at most 1."""
        packed = self.packed(inputs, 1)
        return {**packed, "weight_h": (uniform(1.0), (self.hidden_size,))}

    def step(self, x: Node, before: States, w: IndRNNWeights) -> States:
        """See `cells.indrnn_cell`."""
        (h_prev,) = before
        return (indrnn_cell(x, h_prev, w, self.nonlinearity),)
