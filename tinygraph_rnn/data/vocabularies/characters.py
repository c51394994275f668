"""Vocabularies of characters."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from tinygraph_rnn.data.vocabularies.protocol import Tokens, as_pieces
from tinygraph_rnn.errors import VocabularyError

__all__ = ["Vocabulary"]


@final
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

    kind: ClassVar[str] = "characters"
    unit: ClassVar[str] = "character"

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = "".join(characters)
        codes = _codes(self.characters)
        if len(np.unique(codes)) != len(codes) or not self.characters:
            raise VocabularyError("a vocabulary holds each character once, and some")
        self._numbers = np.full(codes.max() + 2, -1, "int32")
        self._numbers[codes] = range(len(codes))

    @classmethod
    def of(cls, text: str | Iterable[str], size: int = 0) -> "Vocabulary":
        """Return all characters of a text or its pieces, sorted; `size` is ignored."""
        found: set[str] = set()
        for piece in as_pieces(text):
            found.update(piece)
        return cls(sorted(found))

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> Tokens:
        """Return the numbers of the characters, int32 of shape (len(text),).

        Raises:
            VocabularyError: a character is unknown; says which, and where.
        """
        return np.concatenate([*self.encoded([text])])

    def encoded(self, pieces: Iterable[str]) -> Iterator[Tokens]:
        """Yield the numbers of a text given in pieces; see `encode`."""
        place, line = 0, 1
        for piece in pieces:
            numbers = self._numbers.take(_codes(piece), mode="clip")
            if len(numbers) and numbers.min() < 0:
                raise _unknown(piece, int(numbers.argmin()), place, line)
            yield numbers
            place += len(piece)
            line += piece.count("\n")

    def decode(self, tokens: Iterable[Any]) -> str:
        """Return the characters of the numbers."""
        return "".join(self.characters[int(token)] for token in tokens)

    def decoder(self) -> Callable[[Iterable[Any]], str]:
        """Return `decode`."""
        return self.decode

    def gap(self, prompt: str) -> str:
        """Return nothing: text goes on within a word."""
        return ""

    @property
    def opening(self) -> int:
        """The line end, or else the first character."""
        return max(self.characters.find("\n"), 0)

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        return {"kind": self.kind, "symbols": self.characters}


def _codes(text: str) -> NDArray[np.uint32]:
    """The code point of each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _unknown(piece: str, at: int, place: int, line: int) -> VocabularyError:
    """For a character of a piece that begins at `place`, in `line`, of its text."""
    char, position = piece[at], place + at
    line += piece.count("\n", 0, at)
    return VocabularyError(
        f"character {char!r} (U+{ord(char):04X}, line {line}, position {position}) "
        "never occurred in the training text: leave it out, or train on a text that "
        "has it",
        character=char,
        position=position,
    )
