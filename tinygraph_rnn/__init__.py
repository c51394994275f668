"""Recurrent networks and language models, composed from tinygraph's primitives.

    cells → recurrent layers → language model → training → sampling

It uses the public names of `tinygraph` and nothing below them. A folder or file imports
only what stands before it here:

starting     Ctrl-C while the command line is imported; imported first
errors       the exceptions
files        files opened and written, with errors in one line
checking     checks of arguments
cells        one step of a recurrence
data         texts, vocabularies, token streams
layers       parameters and the cells they stand in
optimizers   from gradients to new parameter values
models       the language model, encoder and decoder, sampling
training     runs: trainer, checkpoints, evaluation
cli          the command line
"""

from tinygraph_rnn.starting import leave_quietly

leave_quietly()

import tinygraph as tg
from tinygraph_rnn import cells
from tinygraph_rnn.cells import *
from tinygraph_rnn.data.streams import Streams, split
from tinygraph_rnn.data.token_files import map_tokens, write_tokens
from tinygraph_rnn.data.vocabularies import ByteVocabulary, Vocabulary, WordVocabulary
from tinygraph_rnn.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    DistributedError,
    MaskError,
    StorageError,
    VocabularyError,
)
from tinygraph_rnn.layers import recurrent, regularization, sequences
from tinygraph_rnn.layers.attention import AdditiveAttention, DotAttention
from tinygraph_rnn.layers.dense import Embedding, Linear
from tinygraph_rnn.layers.recurrent import *
from tinygraph_rnn.layers.regularization import *
from tinygraph_rnn.layers.sequences import *
from tinygraph_rnn.models.beam_search import BeamSearch
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.models.encoder_decoder import EncoderDecoder
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.models.sampling import Sampler
from tinygraph_rnn.models.truncation import nucleus, top_k
from tinygraph_rnn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
from tinygraph_rnn.optimizers.clipping import (
    clip_by_global_norm,
    clip_by_value,
    clip_gradient,
)
from tinygraph_rnn.training.evaluation import Evaluator
from tinygraph_rnn.training.saved_model import SavedModel
from tinygraph_rnn.training.trainer import Trainer

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
    "DistributedError",
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
