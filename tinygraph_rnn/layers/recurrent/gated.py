"""Layers of gated cells with one state."""

from collections.abc import Mapping
from typing import ClassVar, final

from tinygraph import Node
from tinygraph_rnn.cells import (
    GRUResetBeforeWeights,
    GRUWeights,
    MGUWeights,
    gru_cell,
    gru_reset_before_cell,
    mgu_cell,
)
from tinygraph_rnn.layers.initializers import orthogonal, zeros
from tinygraph_rnn.layers.recurrent.loop import States
from tinygraph_rnn.layers.recurrent.stacks import RecurrentLayers
from tinygraph_rnn.layers.recurrent.weights import SYMBOLS, Shapes

__all__ = ["GRU", "MGU", "GRUResetBefore"]


@final
class GRU(RecurrentLayers[GRUWeights]):
    """GRU layers that reset after the product, as PyTorch's; see `cells.gru_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.GRU(3, 4, rng=rng)(x)
        <add 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h",)
    weights = GRUWeights
    cell_name = "GRU cell"
    short_name = "gru"

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.GRUWeights`."""
        return {**self.packed(inputs, 3), "bias_n": (zeros, (self.hidden_size,))}

    def step(self, x: Node, before: States, w: GRUWeights) -> States:
        """See `cells.gru_cell`."""
        (h_prev,) = before
        return (gru_cell(x, h_prev, w),)


@final
class GRUResetBefore(RecurrentLayers[GRUResetBeforeWeights]):
    """GRU layers as first published; see `cells.gru_reset_before_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.GRUResetBefore(3, 4, rng=rng)(x)
        <add 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h",)
    weights = GRUResetBeforeWeights
    cell_name = "GRU cell"
    short_name = "gru_reset_before"
    recurrent_fields = ("h", "n")

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.GRUResetBeforeWeights`."""
        hidden, packed = self.hidden_size, self.packed(inputs, 3)
        return {
            "weight_x": packed["weight_x"],
            "weight_h": (orthogonal, (hidden, 2 * hidden)),
            "weight_n": (orthogonal, (hidden, hidden)),
            "bias": packed["bias"],
        }

    def step(self, x: Node, before: States, w: GRUResetBeforeWeights) -> States:
        """See `cells.gru_reset_before_cell`."""
        (h_prev,) = before
        return (gru_reset_before_cell(x, h_prev, w),)


@final
class MGU(RecurrentLayers[MGUWeights]):
    """Minimal gated layers (Zhou et al., 2016); see `cells.mgu_cell`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = tg.sequence("x", ("batch", 3))
        >>> rnn.MGU(3, 4, rng=rng)(x)
        <add 'h': float32[batch, 4] (per step of 't')>
    """

    state_names = ("h",)
    weights = MGUWeights
    cell_name = "MGU cell"
    short_name = "mgu"
    recurrent_fields = ("h", "n")
    symbols: ClassVar[Mapping[str, str]] = {**SYMBOLS, "weight_h": "Uᶠ"}

    def shapes(self, inputs: int) -> Shapes:
        """See `cells.MGUWeights`."""
        hidden, packed = self.hidden_size, self.packed(inputs, 2)
        return {
            "weight_x": packed["weight_x"],
            "weight_h": (orthogonal, (hidden, hidden)),
            "weight_n": (orthogonal, (hidden, hidden)),
            "bias": packed["bias"],
        }

    def step(self, x: Node, before: States, w: MGUWeights) -> States:
        """See `cells.mgu_cell`."""
        (h_prev,) = before
        return (mgu_cell(x, h_prev, w),)
