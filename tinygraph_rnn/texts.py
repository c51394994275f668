"""Texts: the embedded corpus, and files of the user's own."""

import codecs
import hashlib
import importlib
import mmap
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from tinygraph_rnn.checking import near
from tinygraph_rnn.errors import CheckpointError, ConfigError, DataError
from tinygraph_rnn.vocabulary import AnyVocabulary, Tokens

__all__ = ["Corpus", "default_text", "read_bytes", "read_text"]

FilePath = str | os.PathLike[str]


def default_text() -> str:
    """Return the Python language reference that every CPython ships.

    About 465,000 characters of English: the values of `pydoc_data.topics`, joined
    in sorted order of their keys.
    """
    topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    return "\n".join(topics[key] for key in sorted(topics))


def read_bytes(path: FilePath) -> Tokens:
    """Return the bytes of a file as a memory map: read when they are looked at.

    Raises:
        DataError: the file is missing, a directory, unreadable or empty.
    """
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise DataError(
                    f"{str(path)!r} is empty: give a file with some text in it"
                )
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise DataError(f"cannot read the text {str(path)!r}: {reason}") from None
    return np.frombuffer(mapped, "uint8")


def read_text(path: FilePath, encoding: str = "utf-8") -> str:
    r"""Return the text of a file; line ends become `\n`.

    Raises:
        DataError: the file is missing, a directory, unreadable, empty, not in this
            encoding or holds a NUL byte (the message says the byte's offset).
        ConfigError: there is no such encoding.
    """
    check_encoding(encoding)
    raw = bytes(read_bytes(path))
    utf8 = codecs.lookup(encoding).name == "utf-8"
    try:
        text = raw.decode("utf-8-sig" if utf8 else encoding)
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{str(path)!r} is not {'UTF-8' if utf8 else encoding}: byte "
            f"{raw[problem.start]:#04x} at offset {problem.start}. Convert it to UTF-8 "
            "first, or say what it is with --encoding"
        ) from None
    if "\0" in text:
        before = text[: text.index("\0")]
        offset = raw.index(0) if utf8 else len(before.encode(encoding))
        raise DataError(
            f"{str(path)!r} holds a NUL byte at offset {offset}: it is no text in "
            f"{encoding}. Say what it is with --encoding, or read it as bytes with "
            "--tokens bytes"
        )
    if not text:
        raise DataError(f"{str(path)!r} is empty: give a file with some text in it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_encoding(encoding: str) -> None:
    """Demand the name of an encoding that Python knows.

    Raises:
        ConfigError: it is none.
    """
    try:
        codecs.lookup(encoding)
    except LookupError:
        known = ("utf-8", "latin-1", "cp1252", "utf-16", "ascii", "iso-8859-15")
        raise ConfigError(
            f"encoding must be one that Python knows, such as {', '.join(known)}, "
            f"not {encoding!r}{near(encoding, known)}"
        ) from None


class Corpus:
    """A text and where it came from.

    Attributes:
        path: the file, absolute; None for the embedded text.
        encoding: of the file.
    """

    def __init__(self, path: FilePath | None = None, encoding: str = "utf-8") -> None:
        check_encoding(encoding)
        self.path = None if path is None else os.path.abspath(path)
        self.encoding = encoding
        self._shown = "" if path is None else path

    @cached_property
    def text(self) -> str:
        """All of it, decoded."""
        if self.path is None:
            return default_text()
        return read_text(self._shown, self.encoding)

    @cached_property
    def bytes(self) -> Tokens:
        """All of it, undecoded; a memory map of the file."""
        if self.path is None:
            return np.frombuffer(default_text().encode(), "uint8")
        return read_bytes(self._shown)

    def encoded(self, vocabulary: AnyVocabulary) -> Tokens:
        """Return the tokens: for bytes the memory map itself."""
        if vocabulary.kind == "bytes":
            return self.bytes
        return vocabulary.encode(self.text)

    @cached_property
    def fingerprint(self) -> str:
        """A hash by which a resumed run knows its text again."""
        return hashlib.sha256(self.bytes.data).hexdigest()

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint notes about the text."""
        return {
            "path": self.path,
            "encoding": self.encoding,
            "sha256": self.fingerprint,
        }

    @classmethod
    def from_facts(
        cls, facts: Mapping[str, Any], path: FilePath | None = None
    ) -> "Corpus":
        """Return the text a checkpoint was trained on, found at `path` if given.

        Raises:
            DataError: the file cannot be read.
            CheckpointError: it is another text now.
        """
        found = facts["path"] if path is None else path
        corpus = cls(found, facts["encoding"])
        if corpus.fingerprint != facts["sha256"]:
            where = "the embedded text" if corpus.path is None else repr(corpus.path)
            raise CheckpointError(
                f"{where} is not the text this run was trained on: give that text "
                "with --text FILE"
            )
        return corpus
