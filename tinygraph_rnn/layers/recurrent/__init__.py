"""Recurrent layers: a cell between delays, layer upon layer, one way or both.

loop      a step between delays, with padding, resets and zoneout
weights   kinds of weights, their shapes, and what all layers take as options
stacks    layers of one cell on top of one another: `RecurrentLayers`
simple    Elman's, Jordan's and independent units
gated     GRUs and the minimal gated unit
lstms     the LSTM and its variants
custom    any function of (inputs, state) as a layer
"""

from typing import Any

from tinygraph_rnn.layers.recurrent.custom import Recurrent
from tinygraph_rnn.layers.recurrent.gated import GRU, MGU, GRUResetBefore
from tinygraph_rnn.layers.recurrent.lstms import (
    LSTM,
    CoupledLSTM,
    LayerNormLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
)
from tinygraph_rnn.layers.recurrent.simple import RNN, IndRNN, JordanRNN
from tinygraph_rnn.layers.recurrent.stacks import RecurrentLayers

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "MGU",
    "RNN",
    "CoupledLSTM",
    "GRUResetBefore",
    "IndRNN",
    "JordanRNN",
    "LayerNormLSTM",
    "PeepholeLSTM",
    "ProjectedLSTM",
    "Recurrent",
    "RecurrentLayers",
]

LAYERS: dict[str, type[RecurrentLayers[Any]]] = {
    "lstm": LSTM,
    "lstm-peephole": PeepholeLSTM,
    "lstm-coupled": CoupledLSTM,
    "lstm-projected": ProjectedLSTM,
    "lstm-layer-norm": LayerNormLSTM,
    "gru": GRU,
    "gru-reset-before": GRUResetBefore,
    "mgu": MGU,
    "rnn": RNN,
    "indrnn": IndRNN,
    "jordan": JordanRNN,
}
"""Name, as configurations have it → layers."""
