"""Cells: one step of a recurrence as a pure function of nodes.

A cell takes the input and the states one step ago, then its weights; it returns the
states now, the first of which is the output.

simple   Elman's, Jordan's and independent units
gated    GRUs and the minimal gated unit
lstms    the LSTM and its variants
linear   the linear maps of the gates, cut from packed weights
"""

from tinygraph_rnn.cells.gated import (
    GRUResetBeforeWeights,
    GRUWeights,
    MGUWeights,
    gru_cell,
    gru_reset_before_cell,
    mgu_cell,
)
from tinygraph_rnn.cells.lstms import (
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
from tinygraph_rnn.cells.simple import (
    NONLINEARITIES,
    IndRNNWeights,
    JordanWeights,
    RNNWeights,
    indrnn_cell,
    jordan_cell,
    rnn_cell,
)

__all__ = [
    "NONLINEARITIES",
    "GRUResetBeforeWeights",
    "GRUWeights",
    "IndRNNWeights",
    "JordanWeights",
    "LSTMWeights",
    "LayerNormLSTMWeights",
    "MGUWeights",
    "PeepholeLSTMWeights",
    "ProjectedLSTMWeights",
    "RNNWeights",
    "coupled_lstm_cell",
    "gru_cell",
    "gru_reset_before_cell",
    "indrnn_cell",
    "jordan_cell",
    "layer_norm_lstm_cell",
    "lstm_cell",
    "mgu_cell",
    "peephole_lstm_cell",
    "projected_lstm_cell",
    "rnn_cell",
]
