"""What recurrent layers are made of: kinds of weights, their shapes, and options."""

from collections.abc import Mapping
from typing import Any, TypedDict, TypeVar

from tinygraph_rnn.cells import (
    GRUResetBeforeWeights,
    GRUWeights,
    IndRNNWeights,
    JordanWeights,
    LayerNormLSTMWeights,
    LSTMWeights,
    MGUWeights,
    PeepholeLSTMWeights,
    ProjectedLSTMWeights,
    RNNWeights,
)
from tinygraph_rnn.layers.initializers import Initializer

__all__ = ["LayerOptions", "Shapes", "W"]

Shapes = Mapping[str, tuple[Initializer, tuple[int, ...]]]
"""Weight name → its initialiser and shape, in the order of the weights' fields."""

W = TypeVar(
    "W",
    RNNWeights,
    JordanWeights,
    IndRNNWeights,
    LSTMWeights,
    PeepholeLSTMWeights,
    ProjectedLSTMWeights,
    LayerNormLSTMWeights,
    GRUWeights,
    GRUResetBeforeWeights,
    MGUWeights,
)


class LayerOptions(TypedDict, total=False):
    """What all recurrent layers take by keyword, beside `rng`; see RecurrentLayers."""

    name: str | None
    dtype: Any
    bidirectional: bool
    reverse: bool
    residual: bool
    dropout: float
    variational: bool
    zoneout: float
    weight_drop: float
    learned_init: bool
