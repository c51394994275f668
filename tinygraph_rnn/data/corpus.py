"""Texts: the embedded corpus, and files of the user's own."""

import hashlib
import importlib
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, final

import numpy as np

from tinygraph_rnn.data.text_files import (
    FilePath,
    check_encoding,
    opened,
    read_bytes,
    read_pieces,
)
from tinygraph_rnn.data.token_files import (
    checksum,
    holds_tokens,
    map_pieces,
    map_tokens,
    write_pieces,
)
from tinygraph_rnn.data.vocabularies import AnyVocabulary, Tokens
from tinygraph_rnn.errors import CheckpointError, DataError

__all__ = ["Corpus", "default_text"]


def default_text() -> str:
    """Return the Python language reference that every CPython ships.

    About 465,000 characters of English: the values of `pydoc_data.topics`, joined
    in sorted order of their keys.
    """
    topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    return "\n".join(topics[key] for key in sorted(topics))


@final
class Corpus:
    """A text and where it came from; never in memory as a whole.

    Attributes:
        path: the file, absolute; None for the embedded text.
        encoding: of the file.
    """

    def __init__(self, path: FilePath | None = None, encoding: str = "utf-8") -> None:
        check_encoding(encoding)
        self.path = None if path is None else os.path.abspath(path)
        self.encoding = encoding
        self._shown = "" if path is None else path
        self._fingerprint = self._checksum = ""

    def pieces(self) -> Iterator[str]:
        """Yield the text, decoded, in pieces.

        Raises:
            DataError: the file is no text, or another one than when it was last read.
        """
        if self.path is None:
            yield default_text()
            return
        digest = hashlib.sha256()
        yield from read_pieces(self._shown, self.encoding, digest)
        if self._fingerprint not in ("", digest.hexdigest()):
            raise DataError(
                f"{str(self._shown)!r} was changed while it was read: try again when "
                "nothing writes to it"
            )
        self._fingerprint = digest.hexdigest()

    @cached_property
    def bytes(self) -> Tokens:
        """All of it, undecoded; a memory map of the file."""
        if self.path is None:
            return np.frombuffer(default_text().encode(), "uint8")
        return read_bytes(self._shown)

    def encoded(
        self, vocabulary: AnyVocabulary, path: FilePath | None = None
    ) -> Tokens:
        """Return the tokens as a memory map; bytes are mapped from the text itself.

        Args:
            vocabulary: what numbers them.
            path: a file to keep them in, which is only written where it does not hold
                just these tokens already; by default a temporary one.

        Raises:
            DataError: the file is no text, or was changed while it was read.
            VocabularyError: a character is unknown.
            StorageError: the tokens cannot be written.
        """
        if vocabulary.kind == "bytes":
            return self.bytes
        if path is None:
            return map_pieces(self.pieces(), vocabulary)
        known = self._checksum and checksum(path) == self._checksum
        if not known or not holds_tokens(path, vocabulary):
            write_pieces(self.pieces(), vocabulary, path)
            self._checksum = checksum(path)
        return map_tokens(path, vocabulary)

    @property
    def fingerprint(self) -> str:
        """A hash by which a resumed run recognises its text."""
        if not self._fingerprint:
            if self.path is None:
                digest = hashlib.sha256(self.bytes.data)
            else:
                with opened(self._shown) as file:
                    digest = hashlib.file_digest(file, "sha256")
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint notes about the text and the file of its tokens."""
        return {
            "path": self.path,
            "encoding": self.encoding,
            "sha256": self.fingerprint,
            "tokens": self._checksum,
        }

    @classmethod
    def from_facts(
        cls,
        facts: Mapping[str, Any],
        path: FilePath | None = None,
        kept: FilePath | None = None,
    ) -> "Corpus":
        """Return the text a checkpoint was trained on, found at `path` if given.

        A text from standard input is found where it was `kept`, in the run folder.

        Raises:
            DataError: the file cannot be read.
            CheckpointError: it is another text now.
        """
        found = facts["path"] if path is None else path
        if path is None and kept is not None and os.path.exists(kept):
            found = kept
        corpus = cls(found, facts["encoding"])
        corpus._checksum = facts["tokens"]
        if corpus.fingerprint != facts["sha256"]:
            where = "the embedded text" if corpus.path is None else repr(corpus.path)
            raise CheckpointError(
                f"{where} is not the text this run was trained on: give that text "
                "with --text FILE, or train a new run on this one (--init-from begins "
                "with the weights of another)"
            )
        return corpus
