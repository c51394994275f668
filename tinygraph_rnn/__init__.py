"""Recurrent networks and language models, composed from tinygraph's primitives.

    cells → layers → language model → training → sampling

It uses the public names of `tinygraph` and nothing below them.
"""

import tinygraph as tg
from tinygraph_rnn.cells import LSTMWeights, RNNWeights, lstm_cell, rnn_cell
from tinygraph_rnn.config import Config
from tinygraph_rnn.data import Streams, split
from tinygraph_rnn.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    StorageError,
    VocabularyError,
)
from tinygraph_rnn.evaluation import Evaluator
from tinygraph_rnn.language_model import LanguageModel
from tinygraph_rnn.layers import Embedding, Linear
from tinygraph_rnn.optimizers import SGD, Adam, clip_by_global_norm
from tinygraph_rnn.recurrent import LSTM, RNN
from tinygraph_rnn.sampling import Sampler
from tinygraph_rnn.saved import SavedModel
from tinygraph_rnn.training import Trainer
from tinygraph_rnn.vocabulary import Vocabulary

__all__ = [
    "LSTM",
    "RNN",
    "SGD",
    "Adam",
    "CheckpointError",
    "Config",
    "ConfigError",
    "DataError",
    "Embedding",
    "Evaluator",
    "LSTMWeights",
    "LanguageModel",
    "Linear",
    "RNNWeights",
    "Sampler",
    "SavedModel",
    "StorageError",
    "Streams",
    "Trainer",
    "Vocabulary",
    "VocabularyError",
    "clip_by_global_norm",
    "lstm_cell",
    "rnn_cell",
    "split",
]

tg.hide_frames_of("tinygraph_rnn")
