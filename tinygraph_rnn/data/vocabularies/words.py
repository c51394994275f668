"""Vocabularies of words, with an end of line and a word for all unknown ones."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, final

import numpy as np

from tinygraph_rnn.data.vocabularies.protocol import Tokens, as_pieces
from tinygraph_rnn.errors import VocabularyError

__all__ = ["WordVocabulary"]

UNKNOWN, END = "<unk>", "<eos>"

_WORD = re.compile(r"\n|\S+")


@final
class WordVocabulary:
    r"""Words between blanks; `<eos>` ends a line, `<unk>` is any unknown word.

    As in the files of the Penn Treebank for language models (Mikolov et al., 2010).

    >>> vocabulary = WordVocabulary.of("the cat\nthe mat\n", size=4)
    >>> vocabulary.words
    ['<unk>', '<eos>', 'the', 'cat']
    >>> vocabulary.encode("the dog\n")
    array([2, 0, 1], dtype=int32)
    >>> vocabulary.decode([2, 3, 1])
    'the cat \n'

    Attributes:
        words: each once; `<unk>` and `<eos>` are among them.
    """

    kind: ClassVar[str] = "words"
    unit: ClassVar[str] = "word"

    def __init__(self, words: Iterable[str]) -> None:
        self.words = list(words)
        self._number = {word: i for i, word in enumerate(self.words)}
        missing = {UNKNOWN, END} - self._number.keys()
        if len(self._number) != len(self.words) or missing:
            raise VocabularyError(
                f"a vocabulary holds each word once, {UNKNOWN} and {END} among them"
            )

    @classmethod
    def of(cls, text: str | Iterable[str], size: int = 0) -> "WordVocabulary":
        """Return the `size` most frequent words, `<unk>` and `<eos>` counted; 0: all.

        Of words that are as frequent, those that come first are taken. The text may
        come in pieces.
        """
        counted: Counter[str] = Counter()
        for piece in _whole_words(as_pieces(text)):
            counted.update(piece.split())
        del counted[UNKNOWN], counted[END]
        common = counted.most_common(max(size - 2, 0) if size else None)
        return cls([UNKNOWN, END, *(word for word, _ in common)])

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> Tokens:
        """Return the numbers of the words, with `<eos>` for every line end."""
        return np.concatenate([*self.encoded([text])])

    def encoded(self, pieces: Iterable[str]) -> Iterator[Tokens]:
        """Yield the numbers of a text given in pieces; see `encode`."""
        number, unknown = self._number.get, self.unknown
        for piece in _whole_words(pieces):
            words = piece.replace("\n", f" {END} ").split()
            yield np.array([number(word, unknown) for word in words], "int32")

    def starts(self, pieces: Iterable[str], *places: int) -> list[int]:
        r"""Return how many characters of a text stand before its tokens.

        Args:
            pieces: the text, wherever it is cut.
            places: numbers of tokens, ascending; after the last one the text ends.

        >>> WordVocabulary.of("a b").starts(["a  bc \nd"], 1, 2, 4)
        [3, 6, 8]
        """
        wanted, found, tokens, read = list(places), [], 0, 0
        for piece in _whole_words(pieces):
            count = len(piece.split()) + piece.count("\n")
            while wanted and wanted[0] < tokens + count:
                words = _WORD.finditer(piece)
                place = wanted.pop(0) - tokens
                found.append(read + next(itertools.islice(words, place, None)).start())
            tokens, read = tokens + count, read + len(piece)
        return found + [read] * len(wanted)

    def spans(self, pieces: Iterable[str]) -> Iterator[tuple[int, int]]:
        r"""Yield the number of each token, and its characters with the blanks after it.

        Args:
            pieces: the text, wherever it is cut.

        >>> list(WordVocabulary.of("a b").spans(["a  bc \nd"]))
        [(2, 3), (0, 3), (1, 1), (0, 1)]
        """
        number, unknown = self._number.get, self.unknown
        token, start, read = -1, 0, 0
        for piece in _whole_words(pieces):
            for found in _WORD.finditer(piece):
                place, word = read + found.start(), found.group()
                if token >= 0:
                    yield token, place - start
                token, start = number(END if word == "\n" else word, unknown), place
            read += len(piece)
        if token >= 0:
            yield token, read - start

    def decode(self, tokens: Iterable[Any]) -> str:
        """Return the words, a blank after each, line ends for `<eos>`."""
        words = (self.words[int(token)] for token in tokens)
        return "".join("\n" if word == END else f"{word} " for word in words)

    def decoder(self) -> Callable[[Iterable[Any]], str]:
        """Return `decode`."""
        return self.decode

    @property
    def unknown(self) -> int:
        """`<unk>`."""
        return self._number[UNKNOWN]

    def gap(self, prompt: str) -> str:
        """Return a blank after a word, nothing after a blank or no prompt."""
        return " " if prompt and not prompt[-1].isspace() else ""

    @property
    def opening(self) -> int:
        """`<eos>`."""
        return self._number[END]

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        return {"kind": self.kind, "symbols": self.words}


def _whole_words(pieces: Iterable[str]) -> Iterator[str]:
    """The same text, cut between words."""
    rest = ""
    for each in pieces:
        piece = rest + each
        in_word = piece and not piece[-1].isspace()
        rest = piece.rsplit(maxsplit=1)[-1] if in_word else ""
        yield piece[: len(piece) - len(rest)]
    yield rest
