"""Files: opened without waiting; what goes wrong in writing them, in one line."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

import tinygraph as tg
from tinygraph_rnn.errors import StorageError

PathLike = str | os.PathLike[str]


@contextlib.contextmanager
def writing(what: str, path: PathLike, otherwise: str = "") -> Iterator[None]:
    """Turn what goes wrong while writing `path` into one clear line.

    Raises:
        StorageError: says what could not be written, where, and why; ends with
            `otherwise`.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise StorageError(
            f"cannot write the {what} {str(path)!r}: {reason}{otherwise}"
        ) from problem


def write_atomically(path: PathLike, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all; see `tg.atomic_file`."""
    with tg.atomic_file(path) as file:
        file.write(content)


def open_file(path: PathLike) -> BinaryIO:
    """Open the bytes of a file, which is closed by the `with` that it is used in.

    Raises:
        OSError: it cannot be opened, or is a pipe or a device: those are not waited
            for.
    """
    try:
        file = open(path, "rb", opener=without_waiting)  # noqa: SIM115
    except ValueError as problem:
        raise OSError(errno.EINVAL, f"No path: {problem}") from None
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "It is a pipe or a device")


def without_waiting(path: str, flags: int) -> int:
    """Open as `open` does, but do not wait until somebody writes to a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
