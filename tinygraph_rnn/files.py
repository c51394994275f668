"""Write files so that a crash or a full disk leaves the old ones as they were."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

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
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise StorageError(
            f"cannot write the {what} {str(path)!r}: {reason}{otherwise}"
        ) from problem


def write_atomically(path: PathLike, content: bytes) -> None:
    """Write `content` to `path`, as `replacing` does."""
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """Give a file beside `path`, make it durable, then put it in its place.

    Raises:
        OSError: it cannot be written; what `path` held before is untouched, as after
            any other exception in the block.
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
