"""The characters a model knows, and their numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygraph_rnn.errors import VocabularyError

Tokens = NDArray[np.int32]


class Vocabulary:
    """Characters in a fixed order; a character's number is its place.

    >>> vocabulary = Vocabulary.of("abracadabra")
    >>> vocabulary.encode("cab")
    array([2, 0, 1], dtype=int32)
    >>> vocabulary.decode([1, 0, 3])
    'bad'

    Attributes:
        characters: one string, each character once.
    """

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = "".join(characters)
        self._number = {char: i for i, char in enumerate(self.characters)}
        if len(self._number) != len(self.characters) or not self.characters:
            raise VocabularyError("a vocabulary holds each character once, and some")

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """Return the vocabulary of all characters in `text`, sorted."""
        return cls(sorted(set(text)))

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> Tokens:
        """Return the numbers of the characters, int32 of shape (len(text),).

        Raises:
            VocabularyError: a character is unknown; says which, and where.
        """
        try:
            return np.array([self._number[char] for char in text], "int32")
        except KeyError as missing:
            char = missing.args[0]
            place = text.index(char)
            line = text.count("\n", 0, place) + 1
            raise VocabularyError(
                f"character {char!r} (U+{ord(char):04X}, line {line}, position "
                f"{place}) never occurred in the training text: leave it out, or "
                "train on a text that has it",
                character=char,
                position=place,
            ) from None

    def decode(self, tokens: Iterable[Any]) -> str:
        """Return the characters of the numbers."""
        return "".join(self.characters[int(token)] for token in tokens)
