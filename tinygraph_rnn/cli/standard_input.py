"""Texts from standard input: kept in a file, since a text is read more than once."""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import tinygraph as tg
from tinygraph_rnn.data.text_files import BLOCK, opened
from tinygraph_rnn.errors import CheckpointError, DataError
from tinygraph_rnn.files import writing
from tinygraph_rnn.training.terminal import say

__all__ = ["STANDARD_INPUT", "keep_input", "same_input", "text_file"]

STANDARD_INPUT = "-"
"""The file name that stands for standard input."""


def keep_input(path: Path) -> None:
    """Write all of standard input to a file, whole or not at all.

    Raises:
        DataError: there is none, or it is empty.
        StorageError: the file cannot be written.
    """
    if sys.stdin is None:
        raise DataError("standard input is closed: give a text with --text FILE")
    if sys.stdin.isatty():
        say("reading the text from the terminal: Ctrl-D at the start of a line ends it")
    with writing("text", path), tg.atomic_file(path) as file:
        shutil.copyfileobj(sys.stdin.buffer, file, BLOCK)
        if file.tell() == 0:
            raise DataError("standard input is empty: there is no text to read")


@contextlib.contextmanager
def same_input(kept: Path) -> Iterator[None]:
    """Read standard input again for a run that is resumed in the block.

    If the run began with standard input, this must be the same text as the kept one. If
    it began with a file, this text is kept, unless the block raises.

    Raises:
        CheckpointError: it is another text than the one that was kept.
    """
    if not kept.exists():
        keep_input(kept)
        try:
            yield
        except BaseException:
            kept.unlink(missing_ok=True)
            raise
        return
    again = kept.with_name(f".{kept.name}.again")
    try:
        keep_input(again)
        if _digest(again) != _digest(kept):
            raise CheckpointError(
                "standard input is not the text this run was trained on: leave --text "
                "out, the run has kept its own"
            )
    finally:
        again.unlink(missing_ok=True)
    yield


@contextlib.contextmanager
def text_file(named: str | None) -> Iterator[str | None]:
    """Yield the path of a text; standard input is kept in a temporary file."""
    if named != STANDARD_INPUT:
        yield named
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "standard_input")
        keep_input(path)
        yield os.fspath(path)


def _digest(path: Path) -> bytes:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").digest()
