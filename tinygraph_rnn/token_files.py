"""Texts larger than memory: encoded once into a file, then read through a memory map.

Bytes need none of it: `Corpus(path).bytes` maps the text itself.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygraph_rnn.errors import DataError
from tinygraph_rnn.files import writing
from tinygraph_rnn.texts import check_encoding
from tinygraph_rnn.vocabulary import AnyVocabulary, Tokens

__all__ = ["map_tokens", "write_tokens"]

FilePath = str | os.PathLike[str]


def write_tokens(
    text: FilePath,
    vocabulary: AnyVocabulary,
    path: FilePath,
    encoding: str = "utf-8",
) -> int:
    """Encode a text file line by line into a file of numbers; return how many.

    Numbers are unsigned, little-endian, of the fewest bytes that hold the vocabulary.

    Raises:
        DataError: the text cannot be read or is not in this encoding.
        VocabularyError: a character is unknown.
        StorageError: the file of numbers cannot be written.
    """
    check_encoding(encoding)
    kind, count = _dtype(vocabulary), 0
    with writing("tokens", path), open(path, "wb") as numbers:
        for line in _lines(text, encoding):
            tokens = vocabulary.encode(line).astype(kind)
            count += len(tokens)
            tokens.tofile(numbers)
    return count


def _lines(text: FilePath, encoding: str) -> Iterator[str]:
    """The lines of a text, each ended by a line feed alone."""
    try:
        with open(text, encoding=encoding) as lines:
            yield from lines
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise DataError(f"cannot read the text {str(text)!r}: {reason}") from None
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{str(text)!r} is not {encoding}: say what it is by encoding= ({problem})"
        ) from None


def map_tokens(path: FilePath, vocabulary: AnyVocabulary) -> Tokens:
    """Return the numbers that `write_tokens` wrote, as a memory map.

    Raises:
        DataError: the file is missing or empty.
    """
    try:
        return np.memmap(path, _dtype(vocabulary), mode="r")
    except (OSError, ValueError) as problem:
        raise DataError(f"cannot map the tokens {str(path)!r}: {problem}") from None


def _dtype(vocabulary: AnyVocabulary) -> np.dtype[np.unsignedinteger[Any]]:
    return np.min_scalar_type(len(vocabulary) - 1).newbyteorder("<")
