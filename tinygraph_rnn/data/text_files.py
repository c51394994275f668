"""Text files, read block by block: memory does not grow with them."""

import codecs
import contextlib
import io
import mmap
import os
import stat
from collections.abc import Iterator
from typing import Any, Protocol, final

import numpy as np

from tinygraph_rnn.checking import did_you_mean
from tinygraph_rnn.data.vocabularies import Tokens
from tinygraph_rnn.errors import ConfigError, DataError
from tinygraph_rnn.files import without_waiting

__all__ = ["BLOCK", "FilePath", "check_encoding", "opened", "read_bytes", "read_pieces"]

FilePath = str | os.PathLike[str]

BLOCK = 2**20
"""Bytes read at once; does not change the text."""

_OF_HOST_NAMES = ("idna", "punycode")


class Digest(Protocol):
    """A hash object of `hashlib`."""

    def update(self, content: bytes, /) -> None:
        """Take more bytes in."""


@contextlib.contextmanager
def opened(path: FilePath) -> Iterator[io.BufferedReader]:
    """Open the bytes of a text file for a `with` block.

    Raises:
        DataError: the file is missing, a directory, a pipe or unreadable.
    """
    try:
        with open(path, "rb", opener=without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataError(
                    f"{str(path)!r} is a pipe or a device, but a text is read more "
                    "than once: write it to a file first"
                )
            yield file
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise DataError(f"cannot read the text {str(path)!r}: {reason}") from None


def read_bytes(path: FilePath) -> Tokens:
    """Return the bytes of a file as a memory map: read when they are looked at.

    Raises:
        DataError: the file cannot be read, or is empty.
    """
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise _empty(path)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, "uint8")


def read_pieces(
    path: FilePath, encoding: str = "utf-8", digest: Digest | None = None
) -> Iterator[str]:
    r"""Yield the text of a file in pieces; line ends become `\n`.

    Args:
        path: a file.
        encoding: of the file; a byte order mark is left out.
        digest: takes the bytes in, as they are read.

    Raises:
        DataError: the file cannot be read, is empty, not in this encoding or holds a
            NUL (of both, the first: the message says the byte's offset).
        ConfigError: there is no such encoding.
    """
    check_encoding(encoding)
    decoder, empty = _Decoder(path, encoding), True
    with opened(path) as file:
        while block := file.read(BLOCK):
            if digest is not None:
                digest.update(block)
            if piece := decoder.decode(block):
                empty = False
                yield piece
    if piece := decoder.decode(b""):
        yield piece
    elif empty:
        raise _empty(path)


def check_encoding(encoding: str) -> None:
    """Demand the name of an encoding of texts that Python knows.

    Raises:
        ConfigError: it is none.
    """
    try:
        "".encode(encoding)
        known = codecs.lookup(encoding).name not in _OF_HOST_NAMES
    except (LookupError, ValueError):
        known = False
    if not known:
        usual = ("utf-8", "latin-1", "cp1252", "utf-16", "ascii", "iso-8859-15")
        raise ConfigError(
            f"encoding must be one that Python knows, such as {', '.join(usual)}, "
            f"not {encoding!r}{did_you_mean(encoding, usual)}"
        )


@final
class _Decoder:
    """Bytes → text, block by block; tells where in the file something is wrong."""

    def __init__(self, path: FilePath, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self._utf8 = codecs.lookup(encoding).name == "utf-8"
        name = "utf-8-sig" if self._utf8 else encoding
        self._decoder = codecs.getincrementaldecoder(name)()
        self._newlines = io.IncrementalNewlineDecoder(None, translate=True)
        self._read = 0

    def decode(self, block: bytes) -> str:
        """Return what a block adds to the text; an empty one ends it.

        Raises:
            DataError: the block cannot be decoded, or holds a NUL.
        """
        before = self._decoder.getstate()
        try:
            text = self._decoder.decode(block, not block)
        except UnicodeDecodeError:
            raise next(self._problems(before, block)) from None
        if "\0" in text:
            raise next(self._problems(before, block))
        self._read += len(block)
        return self._newlines.decode(text, not block)

    def _problems(self, state: Any, block: bytes) -> Iterator[DataError]:
        """Yield the problems of a block in order, by decoding it byte by byte."""
        self._decoder.setstate(state)
        for place in range(max(len(block), 1)):
            start = self._read + place - len(self._decoder.getstate()[0])
            byte = block[place : place + 1]
            try:
                text = self._decoder.decode(byte, not block)
            except UnicodeDecodeError as problem:
                read = self._read + place + len(byte)
                bad = read - len(problem.object) + problem.start
                yield self._undecodable(problem.object[problem.start], bad)
                return
            if text == "\0":
                yield self._nul(start)

    def _undecodable(self, byte: int, offset: int) -> DataError:
        return DataError(
            f"{str(self._path)!r} is not {'UTF-8' if self._utf8 else self._encoding}: "
            f"byte {byte:#04x} at offset {offset}. Convert it to UTF-8 first, or say "
            "what it is with --encoding"
        )

    def _nul(self, offset: int) -> DataError:
        return DataError(
            f"{str(self._path)!r} holds a NUL byte at offset {offset}: it is no text "
            f"in {self._encoding}. Say what it is with --encoding, or read it as bytes "
            "with --tokens bytes"
        )


def _empty(path: FilePath) -> DataError:
    return DataError(f"{str(path)!r} is empty: give a file with some text in it")
