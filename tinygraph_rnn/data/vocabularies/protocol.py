"""What a vocabulary is to models, data and sampling."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnyVocabulary", "Tokens", "as_pieces"]

Tokens = NDArray[np.integer[Any]]
"""The numbers of a text's characters, words or bytes."""


class AnyVocabulary(Protocol):
    """What models, data and sampling ask of a vocabulary.

    Attributes:
        kind: a key of `VOCABULARIES`.
        unit: one token in words, for messages.
    """

    kind: ClassVar[str]
    unit: ClassVar[str]

    def __len__(self) -> int:
        """Return how many tokens there are."""

    def encode(self, text: str) -> Tokens:
        """Return the numbers of a text's tokens."""

    def encoded(self, pieces: Iterable[str]) -> Iterator[Tokens]:
        """Yield the numbers of a text given in pieces, wherever these are cut."""

    def decode(self, tokens: Iterable[Any]) -> str:
        """Return the text of numbers."""

    def decoder(self) -> Callable[[Iterable[Any]], str]:
        """Return a function that decodes a stream piece by piece."""

    def gap(self, prompt: str) -> str:
        """Return what stands between a prompt and the text that goes on from it."""

    @property
    def opening(self) -> int:
        """The token to start from where there is no prompt."""

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""


def as_pieces(text: str | Iterable[str]) -> Iterable[str]:
    """Return the pieces of a text: itself, if it is one string."""
    return [text] if isinstance(text, str) else text
