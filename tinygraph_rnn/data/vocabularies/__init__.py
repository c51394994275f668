"""Vocabularies: what a model reads and writes, and the numbers of it.

protocol     what models, data and sampling ask of a vocabulary
characters   each character is a token
words        each word and each end of a line is a token
bytes        each byte of UTF-8 is a token
"""

from collections.abc import Mapping
from typing import Any

from tinygraph_rnn.checking import shown
from tinygraph_rnn.data.vocabularies.bytes import ByteVocabulary
from tinygraph_rnn.data.vocabularies.characters import Vocabulary
from tinygraph_rnn.data.vocabularies.protocol import AnyVocabulary, Tokens
from tinygraph_rnn.data.vocabularies.words import WordVocabulary
from tinygraph_rnn.errors import CheckpointError, VocabularyError

__all__ = [
    "VOCABULARIES",
    "AnyVocabulary",
    "ByteVocabulary",
    "Tokens",
    "Vocabulary",
    "WordVocabulary",
    "as_vocabulary",
]

VOCABULARIES: dict[str, type[Vocabulary | WordVocabulary | ByteVocabulary]] = {
    "characters": Vocabulary,
    "words": WordVocabulary,
    "bytes": ByteVocabulary,
}
"""Kind → vocabulary."""


def as_vocabulary(facts: Mapping[str, Any]) -> AnyVocabulary:
    """Return the vocabulary that a checkpoint holds.

    Raises:
        CheckpointError: it holds none.
    """
    given: Any = facts
    held = given if isinstance(given, dict) else {}
    kind, symbols = held.get("kind"), held.get("symbols")
    try:
        if kind == "bytes":
            return ByteVocabulary()
        if kind == "characters" and isinstance(symbols, str):
            return Vocabulary(symbols)
        if kind == "words" and isinstance(symbols, list):
            if all(isinstance(word, str) for word in symbols):
                return WordVocabulary(symbols)
    except VocabularyError as problem:
        raise CheckpointError(f"the checkpoint's vocabulary: {problem}") from None
    raise CheckpointError(f"the checkpoint's vocabulary is {shown(facts)}")
