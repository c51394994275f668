"""Texts larger than memory: encoded once into a file, then read through a memory map.

Bytes need none of it: `Corpus(path).bytes` maps the text itself.
"""

import tempfile
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

import tinygraph as tg
from tinygraph_rnn.data.text_files import BLOCK, FilePath, read_pieces
from tinygraph_rnn.data.vocabularies import AnyVocabulary, Tokens
from tinygraph_rnn.errors import DataError
from tinygraph_rnn.files import open_file, writing

__all__ = [
    "checksum",
    "holds_tokens",
    "map_pieces",
    "map_tokens",
    "write_pieces",
    "write_tokens",
]


def write_tokens(
    text: FilePath,
    vocabulary: AnyVocabulary,
    path: FilePath,
    encoding: str = "utf-8",
) -> int:
    """Encode a text file block by block into a file of numbers; return how many.

    Numbers are unsigned, little-endian, of the fewest bytes that hold the vocabulary.
    The file appears when it is whole; one that was there before stays until then.

    Raises:
        DataError: the text cannot be read or is not in this encoding.
        VocabularyError: a character is unknown.
        StorageError: the file of numbers cannot be written.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> text = folder.name + "/text.txt"
        >>> with open(text, "w") as file:
        ...     _ = file.write("abba")
        >>> vocabulary = rnn.Vocabulary("ab")
        >>> rnn.write_tokens(text, vocabulary, folder.name + "/tokens.bin")
        4
        >>> folder.cleanup()
    """
    return write_pieces(read_pieces(text, encoding), vocabulary, path)


def write_pieces(
    pieces: Iterable[str], vocabulary: AnyVocabulary, path: FilePath
) -> int:
    """Encode a text given in pieces; see `write_tokens`."""
    with writing("tokens", path), tg.atomic_file(path) as file:
        return _write(pieces, vocabulary, file)


def map_pieces(pieces: Iterable[str], vocabulary: AnyVocabulary) -> Tokens:
    """Return the numbers of a text given in pieces, mapped from a temporary file.

    Raises:
        StorageError: the temporary file cannot be written.
    """
    folder, hint = tempfile.gettempdir(), ". TMPDIR names another folder for them"
    with writing("tokens", folder, hint), tempfile.TemporaryFile() as file:
        _write(pieces, vocabulary, file)
        file.flush()
        return _mapped(file, vocabulary)


def map_tokens(path: FilePath, vocabulary: AnyVocabulary) -> Tokens:
    """Return the numbers that `write_tokens` wrote, as a memory map.

    Raises:
        DataError: the file is missing, or not of this vocabulary.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> text = folder.name + "/text.txt"
        >>> with open(text, "w") as file:
        ...     _ = file.write("abba")
        >>> vocabulary = rnn.Vocabulary("ab")
        >>> count = rnn.write_tokens(text, vocabulary, folder.name + "/tokens.bin")
        >>> rnn.map_tokens(folder.name + "/tokens.bin", vocabulary).tolist()
        [0, 1, 1, 0]
        >>> folder.cleanup()
    """
    try:
        with open(path, "rb") as file:
            return _mapped(file, vocabulary)
    except (OSError, ValueError) as problem:
        raise DataError(f"cannot map the tokens {str(path)!r}: {problem}") from None


def checksum(path: FilePath) -> str:
    """Return the CRC-32 of a file's bytes; empty where it cannot be read."""
    crc = 0
    try:
        with open_file(path) as file:
            while block := file.read(BLOCK):
                crc = zlib.crc32(block, crc)
    except OSError:
        return ""
    return f"{crc:08x}"


def holds_tokens(path: FilePath, vocabulary: AnyVocabulary) -> bool:
    """Whether a file holds numbers of this vocabulary's tokens, and no others."""
    try:
        tokens = map_tokens(path, vocabulary)
    except DataError:
        return False
    blocks = range(0, len(tokens), BLOCK)
    return all(tokens[at : at + BLOCK].max() < len(vocabulary) for at in blocks)


def _write(pieces: Iterable[str], vocabulary: AnyVocabulary, file: BinaryIO) -> int:
    kind, count = _dtype(vocabulary), 0
    for tokens in vocabulary.encoded(pieces):
        file.write(tokens.astype(kind).data)
        count += len(tokens)
    return count


def _mapped(file: BinaryIO, vocabulary: AnyVocabulary) -> Tokens:
    """Map a file; an empty one, which cannot be mapped, gives an empty array."""
    kind = _dtype(vocabulary)
    if file.seek(0, 2) == 0:
        return np.empty(0, kind)
    return np.memmap(file, kind, mode="r")


def _dtype(vocabulary: AnyVocabulary) -> np.dtype[np.unsignedinteger[Any]]:
    return np.min_scalar_type(len(vocabulary) - 1).newbyteorder("<")
