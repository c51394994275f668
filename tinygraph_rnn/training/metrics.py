"""Metrics of a run as JSON lines: one object per line, in order of updates."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from tinygraph_rnn.files import write_atomically, writing

__all__ = ["FILE_NAME", "Metrics"]

FILE_NAME = "metrics.jsonl"

Row = dict[str, Any]


@final
class Metrics:
    """An append-only log; every row has an `"update"`.

    Attributes:
        rows: all rows, oldest first.
        unwritten: bytes of rows that could not be written yet.
    """

    def __init__(self, path: str | os.PathLike[str], up_to: int = 0) -> None:
        """Open the log, keeping the rows of the first `up_to` updates.

        Rows after them (of updates that a resumed run does again) and half-written
        lines are dropped.
        """
        self.path = Path(path)
        self.rows: list[Row] = [
            row for row in _read(self.path) if row["update"] <= up_to
        ]
        lines = "".join(_line(row) for row in self.rows)
        with writing("metrics", self.path):
            write_atomically(self.path, lines.encode())
        self.unwritten = bytearray()
        self._torn_after: int | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        """Append one row and hand it to the operating system at once.

        Raises:
            StorageError: it cannot be written; it will be with the next row that can.
        """
        self.rows.append(dict(row))
        self.unwritten += _line(row).encode()
        with (
            writing("metrics", self.path),
            self.path.open("ab", buffering=0) as file,
        ):
            end = file.tell()
            if self._torn_after is not None and self._torn_after < end:
                end = file.truncate(self._torn_after)
            self._torn_after = end
            left = memoryview(bytes(self.unwritten))
            while left:
                left = left[file.write(left) :]
            self.unwritten.clear()
            self._torn_after = None


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, allow_nan=False) + "\n"


def _read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    rows = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            break
        if isinstance(row, dict) and isinstance(row.get("update"), int):
            rows.append(row)
    return rows
