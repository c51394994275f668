"""Every exception of tinygraph_rnn that the engine does not have already."""

import tinygraph as tg


class ConfigError(tg.TinygraphError, ValueError):
    """An option has a value that makes no sense; names the option."""


class DataError(tg.TinygraphError, ValueError):
    """A text cannot be read, or is too short for what is asked of it."""


class VocabularyError(DataError):
    """A character that the vocabulary does not hold."""


class CheckpointError(tg.TinygraphError, ValueError):
    """A checkpoint is missing, damaged, foreign, or of another model or text."""


class StorageError(tg.TinygraphError, OSError):
    """A file of the run folder cannot be written: a full disk, no permission."""


class MaskError(tg.TinygraphError, ValueError):
    """Lengths, a mask or continuation flags do not fit their sequences."""
