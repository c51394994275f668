"""LSTM layers and their variants. The forget gate's first bias is 1.

(Gers et al., 2000; why 1: Józefowicz et al., 2015.)
"""

from collections.abc import Mapping
from typing import ClassVar, Unpack, final

import numpy as np

from tinygraph import Node
from tinygraph_rnn.cells import (
    LayerNormLSTMWeights,
    LSTMWeights,
    PeepholeLSTMWeights,
    ProjectedLSTMWeights,
    coupled_lstm_cell,
    layer_norm_lstm_cell,
    lstm_cell,
    peephole_lstm_cell,
    projected_lstm_cell,
)
from tinygraph_rnn.checking import check_sizes, explains_arguments
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.initializers import (
    glorot_uniform,
    one_block,
    ones,
    uniform,
    zeros,
)
from tinygraph_rnn.layers.recurrent.loop import TIME_FIRST, States
from tinygraph_rnn.layers.recurrent.stacks import RecurrentLayers
from tinygraph_rnn.layers.recurrent.weights import LayerOptions, Shapes

__all__ = ["LSTM", "CoupledLSTM", "LayerNormLSTM", "PeepholeLSTM", "ProjectedLSTM"]

_FORGET = one_block(1, 4)
"""1 for the forget gate, 0 for i, g and o."""


@final
class LSTM(RecurrentLayers[LSTMWeights]):
    """LSTM layers; see `cells.lstm_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.LSTM(3, 4, rng=rng)(x)
        <multiply 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h", "c")
    weights = LSTMWeights
    cell_name = "LSTM cell"
    short_name = "lstm"

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        forget_bias: float = 1.0,
        rng: np.random.Generator,
        **options: Unpack[LayerOptions],
    ) -> None:
        """Make the weights; a larger `forget_bias` remembers longer at first."""
        self.forget_bias = forget_bias
        super().__init__(input_size, hidden_size, num_layers, rng=rng, **options)

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.LSTMWeights`."""
        return self.packed(inputs, 4, one_block(1, 4, self.forget_bias))

    def step(self, x: Node, before: States, w: LSTMWeights) -> States:
        """See `cells.lstm_cell`."""
        h_prev, c_prev = before
        return lstm_cell(x, h_prev, c_prev, w)


@final
class CoupledLSTM(RecurrentLayers[LSTMWeights]):
    """LSTM layers with f = 1 − i (CIFG); see `cells.coupled_lstm_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.CoupledLSTM(3, 4, rng=rng)(x)
        <multiply 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h", "c")
    weights = LSTMWeights
    cell_name = "Coupled LSTM cell"
    short_name = "lstm_coupled"

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.LSTMWeights`: three blocks."""
        return self.packed(inputs, 3)

    def step(self, x: Node, before: States, w: LSTMWeights) -> States:
        """See `cells.coupled_lstm_cell`."""
        h_prev, c_prev = before
        return coupled_lstm_cell(x, h_prev, c_prev, w)


@final
class PeepholeLSTM(RecurrentLayers[PeepholeLSTMWeights]):
    """LSTM layers whose gates see the cell; see `cells.peephole_lstm_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.PeepholeLSTM(3, 4, rng=rng)(x)
        <multiply 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h", "c")
    weights = PeepholeLSTMWeights
    cell_name = "Peephole LSTM cell"
    short_name = "lstm_peephole"

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.PeepholeLSTMWeights`."""
        peepholes = (uniform(0.1), (3, self.hidden_size))
        return {**self.packed(inputs, 4, _FORGET), "peepholes": peepholes}

    def step(self, x: Node, before: States, w: PeepholeLSTMWeights) -> States:
        """See `cells.peephole_lstm_cell`."""
        h_prev, c_prev = before
        return peephole_lstm_cell(x, h_prev, c_prev, w)


@final
class ProjectedLSTM(RecurrentLayers[ProjectedLSTMWeights]):
    """LSTM layers with a smaller output; see `cells.projected_lstm_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.ProjectedLSTM(3, 4, proj_size=2, rng=rng)(x)
        <matmul 'projected': float32[batch, 2] (per step of 't')>
    """

    state_names = ("h", "c")
    weights = ProjectedLSTMWeights
    cell_name = "Projected LSTM cell"
    short_name = "lstm_projected"
    size_attributes: ClassVar[Mapping[str, str]] = {"h": "proj_size"}

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        proj_size: int | None = None,
        rng: np.random.Generator,
        **options: Unpack[LayerOptions],
    ) -> None:
        """Make the weights; `proj_size`, that of h, is half of c's by default.

        Raises:
            ConfigError: proj_size is not smaller than hidden_size.
        """
        check_sizes(hidden_size=hidden_size)
        self.proj_size = (hidden_size + 1) // 2 if proj_size is None else proj_size
        check_sizes(proj_size=self.proj_size)
        if self.proj_size > hidden_size:
            raise ConfigError(
                f"proj_size must be at most hidden_size {hidden_size}, "
                f"not {self.proj_size}"
            )
        super().__init__(input_size, hidden_size, num_layers, rng=rng, **options)

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.ProjectedLSTMWeights`."""
        projection = (glorot_uniform, (self.hidden_size, self.proj_size))
        return {**self.packed(inputs, 4, _FORGET), "projection": projection}

    def step(self, x: Node, before: States, w: ProjectedLSTMWeights) -> States:
        """See `cells.projected_lstm_cell`."""
        h_prev, c_prev = before
        return projected_lstm_cell(x, h_prev, c_prev, w)


@final
class LayerNormLSTM(RecurrentLayers[LayerNormLSTMWeights]):
    """Layer-normalised LSTM layers; see `cells.layer_norm_lstm_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.LayerNormLSTM(3, 4, rng=rng)(x)
        <multiply 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h", "c")
    weights = LayerNormLSTMWeights
    cell_name = "Layer-norm LSTM cell"
    short_name = "lstm_layer_norm"

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.LayerNormLSTMWeights`."""
        hidden = self.hidden_size
        return {
            **self.packed(inputs, 4, _FORGET),
            "gain_x": (ones, (4 * hidden,)),
            "gain_h": (ones, (4 * hidden,)),
            "gain_c": (ones, (hidden,)),
            "bias_c": (zeros, (hidden,)),
        }

    def step(self, x: Node, before: States, w: LayerNormLSTMWeights) -> States:
        """See `cells.layer_norm_lstm_cell`."""
        h_prev, c_prev = before
        return layer_norm_lstm_cell(x, h_prev, c_prev, w)
