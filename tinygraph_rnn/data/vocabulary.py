"""What a model reads and writes, and the numbers of it: characters, words or bytes."""

import codecs
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol, final

import numpy as np
from numpy.typing import NDArray

from tinygraph_rnn.checking import shown
from tinygraph_rnn.errors import CheckpointError, VocabularyError

__all__ = [
    "VOCABULARIES",
    "ByteVocabulary",
    "Tokens",
    "Vocabulary",
    "WordVocabulary",
    "as_vocabulary",
]

Tokens = NDArray[np.integer[Any]]

UNKNOWN, END = "<unk>", "<eos>"

_WORD = re.compile(r"\n|\S+")


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
        for piece in _pieces(text):
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
        for piece in _whole_words(_pieces(text)):
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
        """Return the vocabulary of any text and `size`: neither is looked at."""
        return cls()

    def __len__(self) -> int:
        return 256

    def encode(self, text: str) -> Tokens:
        """Return the UTF-8 bytes of a text, uint8.

        A byte that is no UTF-8, such as a command line may hold, is that byte: Python
        keeps it as a surrogate (PEP 383).

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
        """Return a function that waits for the rest of a character."""
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


def _pieces(text: str | Iterable[str]) -> Iterable[str]:
    return [text] if isinstance(text, str) else text


def _codes(text: str) -> NDArray[np.uint32]:
    """The code point of each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _whole_words(pieces: Iterable[str]) -> Iterator[str]:
    """The same text, cut between words."""
    rest = ""
    for each in pieces:
        piece = rest + each
        in_word = piece and not piece[-1].isspace()
        rest = piece.rsplit(maxsplit=1)[-1] if in_word else ""
        yield piece[: len(piece) - len(rest)]
    yield rest


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
