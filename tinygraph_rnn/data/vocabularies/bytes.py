"""The vocabulary of bytes."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, final

import numpy as np

from tinygraph_rnn.data.vocabularies.protocol import Tokens
from tinygraph_rnn.errors import VocabularyError

__all__ = ["ByteVocabulary"]


@final
class ByteVocabulary:
    """All 256 bytes; text is UTF-8.

    Example:
        >>> rnn.ByteVocabulary().encode("hé")
        array([104, 195, 169], dtype=uint8)
    """

    kind: ClassVar[str] = "bytes"
    unit: ClassVar[str] = "byte"

    @classmethod
    def of(cls, text: str | Iterable[str], size: int = 0) -> "ByteVocabulary":
        """Return the vocabulary, the same for every text; `size` is ignored."""
        return cls()

    def __len__(self) -> int:
        return 256

    def encode(self, text: str) -> Tokens:
        """Return the UTF-8 bytes of a text, uint8.

        Bytes of a command line that are no UTF-8, which Python keeps as surrogates
        (PEP 383), stay what they were.

        Raises:
            VocabularyError: a surrogate stands for no byte.
        """
        try:
            content = text.encode(errors="surrogateescape")
        except UnicodeEncodeError as problem:
            char = text[problem.start]
            raise VocabularyError(
                f"character {char!r} (position {problem.start}) is half of a surrogate "
                "pair, which UTF-8 cannot hold: leave it out",
                character=char,
                position=problem.start,
            ) from None
        return np.frombuffer(content, "uint8")

    def encoded(self, pieces: Iterable[str]) -> Iterator[Tokens]:
        """Yield the bytes of a text given in pieces; see `encode`."""
        return map(self.encode, pieces)

    def decode(self, tokens: Iterable[Any]) -> str:
        """Return the text of UTF-8 bytes; what is no UTF-8 becomes U+FFFD."""
        return bytes(int(token) for token in tokens).decode(errors="replace")

    def decoder(self) -> Callable[[Iterable[Any]], str]:
        """Return a function that keeps bytes back until their character is complete."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        return lambda tokens: decoder.decode(bytes(int(token) for token in tokens))

    def gap(self, prompt: str) -> str:
        """Return nothing: text goes on within a word."""
        return ""

    @property
    def opening(self) -> int:
        """The line end."""
        return ord("\n")

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        return {"kind": self.kind, "symbols": ""}
