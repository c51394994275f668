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

__all__ = ["SYMBOLS", "LayerOptions", "Shapes", "W"]

Shapes = Mapping[str, tuple[Initializer, tuple[int, ...]]]
"""Weight name → its initialiser and shape, in the order of the weights' fields."""

SYMBOLS: Mapping[str, str] = {
    "weight_x": "W",
    "weight_h": "U",
    "weight_y": "U",
    "weight_n": "Uⁿ",
    "weight_out": "V",
    "bias": "b",
    "bias_n": "cⁿ",
    "bias_out": "c",
    "peepholes": "p",
    "projection": "P",
    "gain_x": "γˣ",
    "gain_h": "γʰ",
    "gain_c": "γᶜ",
    "bias_c": "βᶜ",
}
"""Weight name → how books write it; a gate's index stands above, as in Goodfellow,
Bengio & Courville, *Deep Learning*, section 10.10."""

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
