"""Run folders: the files in them, the next folder and the latest."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import final

from tinygraph_rnn.errors import CheckpointError, StorageError
from tinygraph_rnn.files import writing
from tinygraph_rnn.training import checkpoints, metrics
from tinygraph_rnn.training.locks import Lock

__all__ = ["RUNS", "RunFolder"]

BEST_NAME, TOKENS_NAME = "best.safetensors", "tokens.bin"
TEXT_NAME = "standard_input.txt"

RUNS = Path("runs")
"""Where runs go that are given no folder: runs/1, runs/2, ..."""


@final
class RunFolder:
    """The files of one run, named by its folder or by its checkpoint.

    Attributes:
        path: the folder.
        checkpoint: the checkpoint in it.
        lock: keeps other processes out, in a block of `locked` or `created`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        named = Path(path)
        self._is_file = named.is_file()
        self.path = named.parent if self._is_file else named
        self.checkpoint = named if self._is_file else named / checkpoints.FILE_NAME
        self.lock: Lock | None = None

    @classmethod
    def next(cls) -> "RunFolder":
        """Return the first folder after all numbered ones."""
        return cls(RUNS / str(max(_numbers(), default=0) + 1))

    @classmethod
    def latest(cls) -> "RunFolder":
        """Return the numbered folder made last.

        Raises:
            CheckpointError: there is none.
        """
        numbers = _numbers()
        if not numbers:
            raise CheckpointError(
                f"there is no run in {str(RUNS)!r}: train one with "
                "`tinygraph-rnn train`, or name a run folder"
            )
        return cls(RUNS / str(max(numbers)))

    def check_unused(self) -> None:
        """Refuse to start a new run here.

        Raises:
            CheckpointError: the folder holds a run already.
            StorageError: it is no folder.
        """
        if self._is_file:
            raise StorageError(
                f"cannot write the run folder {str(self.checkpoint)!r}: it is a file"
            )
        if self.checkpoint.exists():
            raise CheckpointError(
                f"{str(self.path)!r} holds a run already: go on with it by --resume, "
                "or give another --output"
            )

    @contextlib.contextmanager
    def created(self) -> Iterator[None]:
        """Make the folder, `locked`, for a run that starts in the block.

        If the block fails before there is a checkpoint, the folder is removed again.

        Raises:
            StorageError: it cannot be made, or another process trains in it.
        """
        new = [each for each in (self.path, *self.path.parents) if not each.exists()]
        with writing("run folder", self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        with self.locked():
            try:
                yield
            except BaseException:
                if new and not self.checkpoint.exists():
                    shutil.rmtree(self.path, ignore_errors=True)
                    with contextlib.suppress(OSError):
                        for each in new[1:]:
                            each.rmdir()
                raise

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out; sweep up what a killed one left.

        Blocks may be nested. A folder that does not exist needs no lock.

        Raises:
            StorageError: another process trains in it.
        """
        if self.lock is not None or not self.path.is_dir():
            yield
            return
        self.lock = Lock(self.path)
        try:
            self.sweep()
            yield
        finally:
            self.lock.release()
            self.lock = None

    def sweep(self) -> None:
        """Remove what a killed process left half written."""
        kept = checkpoints.FILE_NAME, BEST_NAME, metrics.FILE_NAME, TOKENS_NAME
        for name in (*kept, TEXT_NAME):
            for left in self.path.glob(f".{name}.*"):
                left.unlink(missing_ok=True)

    @property
    def last(self) -> Path:
        """Where training saves: the checkpoint it began with, but never the best."""
        if self.checkpoint == self.best:
            return self.path / checkpoints.FILE_NAME
        return self.checkpoint

    @property
    def best(self) -> Path:
        """The checkpoint that did best on the held-out text."""
        return self.path / BEST_NAME

    @property
    def metrics(self) -> Path:
        """The metrics, JSON lines."""
        return self.path / metrics.FILE_NAME

    @property
    def tokens(self) -> Path:
        """The text as numbers, for a memory map; made anew where it is missing."""
        return self.path / TOKENS_NAME

    @property
    def text(self) -> Path:
        """The text, where it came from standard input."""
        return self.path / TEXT_NAME

    @property
    def loss_curve(self) -> Path:
        """The loss curve, SVG."""
        return self.path / "loss.svg"

    @property
    def gradient_norms(self) -> Path:
        """The gradient norms, SVG."""
        return self.path / "gradient_norm.svg"

    @property
    def folded(self) -> Path:
        """The model's graph with its cycles, SVG."""
        return self.path / "folded.svg"

    @property
    def unrolled(self) -> Path:
        """The model's graph over a few steps, SVG."""
        return self.path / "unrolled.svg"


def _numbers() -> list[int]:
    if not RUNS.is_dir():
        return []
    return [int(each.name) for each in RUNS.iterdir() if each.name.isdecimal()]
