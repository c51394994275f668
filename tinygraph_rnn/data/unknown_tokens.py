"""What a vocabulary does not hold: characters left out, words counted as `<unk>`."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

from tinygraph_rnn.data.vocabularies import Vocabulary, WordVocabulary

__all__ = ["KnownCharacters", "WordCounts", "count_words"]


@final
class KnownCharacters:
    """Leaves out of a text what a vocabulary of characters does not hold.

    >>> known = KnownCharacters(Vocabulary("abc"))
    >>> list(known.of(["cab!", "?"])), known.skipped
    (['cab', ''], 2)

    Attributes:
        skipped: characters left out so far.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._unknown = re.compile(f"[^{re.escape(vocabulary.characters)}]")
        self.skipped = 0

    def of(self, pieces: Iterable[str]) -> Iterator[str]:
        """Yield the pieces of a text without their unknown characters."""
        for piece in pieces:
            known, skipped = self._unknown.subn("", piece)
            self.skipped += skipped
            yield known


@final
class WordCounts(NamedTuple):
    """How much of a text of words a vocabulary knows.

    Attributes:
        unknown: tokens that are `<unk>` to the vocabulary.
        known_characters: characters of all other tokens and of the blanks after them.
    """

    unknown: int
    known_characters: int


def count_words(
    vocabulary: WordVocabulary, pieces: Iterable[str], first: int, last: int
) -> WordCounts:
    """Return what a vocabulary knows of a text from token `first` to before `last`.

    >>> count_words(WordVocabulary.of("the cat"), ["the dog  cat"], 0, 3)
    WordCounts(unknown=1, known_characters=7)
    """
    missing, unknown, known = vocabulary.unknown, 0, 0
    for token, characters in itertools.islice(vocabulary.spans(pieces), first, last):
        unknown += token == missing
        known += characters * (token != missing)
    return WordCounts(unknown, known)
