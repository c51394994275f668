"""What a checkpoint says of its run in JSON, each value checked."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, final

from tinygraph_rnn.checking import is_finite, shown
from tinygraph_rnn.data.vocabularies import AnyVocabulary, as_vocabulary
from tinygraph_rnn.errors import CheckpointError
from tinygraph_rnn.models.config import Config

__all__ = [
    "SavedProgress",
    "progress_of",
    "random_stream_of",
    "settings_of",
    "text_of",
    "vocabulary_of",
]

Facts = Mapping[str, Any]

MOST_STEPS = 2**62
"""Steps that a run can count."""
FIRST_STREAM = "philox4x32-10"
"""What checkpoints drew from before they said so; compare `tg.RANDOM_STREAM`."""


def settings_of(facts: Facts) -> Config:
    """Return the settings of the run.

    Raises:
        CheckpointError: there are none, or they make no sense.
    """
    return Config.from_facts(_object(facts, "config"))


def vocabulary_of(facts: Facts) -> AnyVocabulary:
    """Return the vocabulary of the run.

    Raises:
        CheckpointError: there is none, or another than its settings want.
    """
    vocabulary = as_vocabulary(_object(facts, "vocabulary"))
    tokens = settings_of(facts).tokens
    if vocabulary.kind != tokens:
        raise CheckpointError(
            f"the checkpoint's vocabulary is of {vocabulary.kind}, but its settings "
            f"are for {tokens}"
        )
    return vocabulary


def text_of(facts: Facts) -> Facts:
    """Return what is noted about the training text, as `Corpus.from_facts` takes it.

    Raises:
        CheckpointError: there is nothing, or a value that is no text.
    """
    text = _object(facts, "text")
    for name in ("encoding", "sha256", "tokens"):
        if not isinstance(text.get(name), str) or len(text[name]) > 100:
            raise _wrong(f"{name} of the text", text.get(name))
    path = text.get("path", 0)
    if path is not None and not _is_path(path):
        raise _wrong("path of the text", path)
    return text


def random_stream_of(facts: Facts) -> str:
    """Return the name of the stream that the run's masks were drawn from.

    Raises:
        CheckpointError: it is no name.
    """
    stream = facts.get("random", FIRST_STREAM)
    if not isinstance(stream, str) or not 0 < len(stream) <= 100:
        raise _wrong("stream of random numbers", stream)
    return stream


@final
class SavedProgress(NamedTuple):
    """How far a run was.

    Attributes:
        done: updates made.
        begun: of these, those before its streams began.
        held_out: what each look at the held-out text found, in bits.
    """

    done: int
    begun: int
    held_out: list[float]


def progress_of(facts: Facts) -> SavedProgress:
    """Return how far the run was.

    Raises:
        CheckpointError: these are no such numbers.
    """
    done, held_out = facts.get("done"), facts.get("held_out")
    if type(done) is not int or not 0 <= done < MOST_STEPS:
        raise _wrong("count of updates", done)
    if done * settings_of(facts).seq_length >= MOST_STEPS:
        raise _wrong("count of updates", done)
    begun = facts.get("begun", 0)
    if type(begun) is not int or not 0 <= begun <= done:
        raise CheckpointError(
            f"the checkpoint's streams begin at update {shown(begun)} of {done}: "
            "it is damaged, or was not written by tinygraph-rnn"
        )
    if not isinstance(held_out, list) or not all(map(is_finite, held_out)):
        raise _wrong("list of looks at the held-out text", held_out)
    return SavedProgress(done, begun, [float(bits) for bits in held_out])


def _object(facts: Facts, name: str) -> Facts:
    found = facts.get(name)
    if not isinstance(found, dict):
        raise _wrong(name, found)
    return found


def _is_path(value: Any) -> bool:
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _wrong(what: str, value: Any) -> CheckpointError:
    return CheckpointError(f"the checkpoint's {what} is {shown(value)}: it is damaged")
