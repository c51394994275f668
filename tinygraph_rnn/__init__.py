"""Recurrent networks and language models, composed from tinygraph's primitives.

    cells → recurrent layers → language model → training → sampling

It uses the public names of `tinygraph` and nothing below them.
"""

from tinygraph_rnn.starting import leave_quietly

leave_quietly()

import tinygraph as tg
from tinygraph_rnn import cells, recurrent, regularization, sequences
from tinygraph_rnn.attention import AdditiveAttention, DotAttention
from tinygraph_rnn.beams import BeamSearch
from tinygraph_rnn.cells import *
from tinygraph_rnn.clipping import (
    clip_by_global_norm,
    clip_by_value,
    clip_gradient,
)
from tinygraph_rnn.config import Config
from tinygraph_rnn.data import Streams, split
from tinygraph_rnn.encoder_decoder import EncoderDecoder
from tinygraph_rnn.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    MaskError,
    StorageError,
    VocabularyError,
)
from tinygraph_rnn.evaluation import Evaluator
from tinygraph_rnn.language_model import LanguageModel
from tinygraph_rnn.layers import Embedding, Linear
from tinygraph_rnn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
from tinygraph_rnn.recurrent import *
from tinygraph_rnn.regularization import *
from tinygraph_rnn.sampling import Sampler
from tinygraph_rnn.saved import SavedModel
from tinygraph_rnn.sequences import *
from tinygraph_rnn.token_files import map_tokens, write_tokens
from tinygraph_rnn.training import Trainer
from tinygraph_rnn.truncation import nucleus, top_k
from tinygraph_rnn.vocabulary import ByteVocabulary, Vocabulary, WordVocabulary

__all__ = [
    *cells.__all__,
    *recurrent.__all__,
    *regularization.__all__,
    *sequences.__all__,
    "AdaGrad",
    "Adam",
    "AdamW",
    "BeamSearch",
    "ByteVocabulary",
    "AdditiveAttention",
    "CheckpointError",
    "Config",
    "ConfigError",
    "DataError",
    "DotAttention",
    "Embedding",
    "EncoderDecoder",
    "Evaluator",
    "LanguageModel",
    "Linear",
    "MaskError",
    "RMSProp",
    "SGD",
    "Sampler",
    "SavedModel",
    "StorageError",
    "Streams",
    "Trainer",
    "Vocabulary",
    "VocabularyError",
    "clip_by_global_norm",
    "WordVocabulary",
    "clip_by_value",
    "clip_gradient",
    "map_tokens",
    "nucleus",
    "split",
    "top_k",
    "write_tokens",
]

tg.hide_frames_of("tinygraph_rnn")
