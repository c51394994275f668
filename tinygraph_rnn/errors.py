"""Every exception of tinygraph_rnn that the engine does not have already."""

from dataclasses import dataclass

import tinygraph as tg


class ConfigError(tg.TinygraphError, ValueError):
    """An option has a value that makes no sense; names the option."""


@dataclass(eq=False, repr=False, kw_only=True)
class DataError(tg.TinygraphError, ValueError):
    """A text cannot be read, or is too short for what is asked of it.

    Attributes:
        length: how many tokens it has.
        wanted: how many it needs.
    """

    length: int | None = None
    wanted: int | None = None


@dataclass(eq=False, repr=False, kw_only=True)
class VocabularyError(DataError):
    """A character that the vocabulary does not hold.

    Attributes:
        character: the character.
        position: its index in the text.
    """

    character: str | None = None
    position: int | None = None


class CheckpointError(tg.TinygraphError, ValueError):
    """A checkpoint is missing, damaged, foreign, or of another model or text."""


class StorageError(tg.TinygraphError, OSError):
    """A file of the run folder cannot be written: a full disk, no permission."""


class MaskError(tg.TinygraphError, ValueError):
    """Lengths, a mask or continuation flags do not fit their sequences."""


class DistributedError(tg.TinygraphError, RuntimeError):
    """Processes that train together did not meet, differ, or one of them is gone."""
