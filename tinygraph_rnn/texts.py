"""Texts: the embedded corpus, and files of the user's own."""

import hashlib
import importlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tinygraph_rnn.errors import CheckpointError, DataError

__all__ = ["Corpus", "default_text", "read_text"]


def default_text() -> str:
    """Return the Python language reference that every CPython ships.

    About 465,000 characters of English: the values of `pydoc_data.topics`, joined
    in sorted order of their keys.
    """
    topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    return "\n".join(topics[key] for key in sorted(topics))


def read_text(path: str | os.PathLike[str]) -> str:
    r"""Return the text of a UTF-8 file; line ends become `\n`.

    Raises:
        DataError: the file is missing, a directory, unreadable, empty or no UTF-8
            (the message says the offset of the first wrong byte).
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise DataError(f"cannot read the text {str(path)!r}: {reason}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{str(path)!r} is not UTF-8: byte {raw[problem.start]:#04x} at offset "
            f"{problem.start}. Convert it to UTF-8 first."
        ) from None
    if not text:
        raise DataError(f"{str(path)!r} is empty: give a file with some text in it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Corpus:
    """A text and where it came from.

    Attributes:
        path: the file, absolute; None for the embedded text.
        text: all of it.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = None if path is None else os.path.abspath(path)
        self.text = default_text() if path is None else read_text(path)

    @cached_property
    def fingerprint(self) -> str:
        """A hash by which a resumed run knows its text again."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def as_facts(self) -> dict[str, Any]:
        """Return what a checkpoint notes about the text."""
        return {"path": self.path, "sha256": self.fingerprint}

    @classmethod
    def from_facts(
        cls, facts: Mapping[str, Any], path: str | os.PathLike[str] | None = None
    ) -> "Corpus":
        """Return the text a checkpoint was trained on, found at `path` if given.

        Raises:
            DataError: the file cannot be read.
            CheckpointError: it is another text now.
        """
        corpus = cls(facts["path"] if path is None else path)
        if corpus.fingerprint != facts["sha256"]:
            where = "the embedded text" if corpus.path is None else repr(corpus.path)
            raise CheckpointError(
                f"{where} is not the text this run was trained on: give that text "
                "with --text FILE"
            )
        return corpus
