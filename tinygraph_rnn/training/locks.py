"""A lock on a run folder, which the operating system ends with its process."""

import contextlib
import errno
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, final

from tinygraph_rnn.errors import StorageError
from tinygraph_rnn.files import writing

__all__ = ["FILE_NAME", "Lock"]

FILE_NAME = "lock.json"
SECONDS_BETWEEN_BEATS = 1.0

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
"""What file systems answer that have no locks."""

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


@final
class Lock:
    """The right to write in a folder, of one process at a time.

    A file there is locked by the operating system as long as the process lives,
    however it ends. What is written in the file is only for the message to others:
    who holds it, and when it was last heard of.

    Attributes:
        path: the file.
        holds: False on a file system that has no locks, where nothing is guarded.

    Raises:
        StorageError: another process holds it, or the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.holds = True
        self._since = _now()
        self._next_beat = 0.0
        with writing("lock", self.path):
            self._file = self._taken()
        self.beat()

    def beat(self, update: int | None = None) -> None:
        """Note that the process lives and, while it trains, how far it is.

        At most once a second; that a disk is full does not matter here.
        """
        if time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + SECONDS_BETWEEN_BEATS
        facts = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": self._since,
            "heard": _now(),
            "update": update,
        }
        content = json.dumps(facts).encode() + b"\n"
        with contextlib.suppress(OSError):
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, content)
            os.ftruncate(self._file, len(content))

    def release(self) -> None:
        """Let others in; the file is removed."""
        if sys.platform == "win32":
            os.close(self._file)
        with contextlib.suppress(OSError):
            self.path.unlink()
        if sys.platform != "win32":
            os.close(self._file)

    def _taken(self) -> int:
        """Return the file, locked; if it was removed meanwhile, lock the new one."""
        while True:
            file = os.open(self.path, _FLAGS, 0o666)
            try:
                self._take(file)
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(file), os.stat(self.path)):
                        return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)

    def _take(self, file: int) -> None:
        try:
            _lock(file)
        except OSError as problem:
            if problem.errno in _NO_LOCKS:
                self.holds = False
                return
            if problem.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
            raise StorageError(self._refusal(file)) from None

    def _refusal(self, file: int) -> str:
        found = _facts(os.read(file, 4096))
        who, when = "another process", ""
        if found:
            who = f"process {found['pid']} on {found['host']!r}"
            when = f", since {found['since']}, last heard of at {found['heard']}"
            if found["update"] is not None:
                when += f" in update {found['update']}"
        return (
            f"{who} trains in {str(self.path.parent)!r}{when}: wait for it, end it, or "
            "give another --output"
        )


def _facts(content: bytes) -> dict[str, Any]:
    """Return what a holder wrote; nothing if that is incomplete."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    wanted = {"pid", "host", "since", "heard", "update"}
    return found if isinstance(found, dict) and wanted <= found.keys() else {}


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        """Lock a byte far behind what is written, which others may read."""
        os.lseek(file, 2**30, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
