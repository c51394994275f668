"""Write a file beside its place and rename it: whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_NAME_KEPT = 100
"""Characters of the name that the file beside it begins with."""


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Give a new file beside `path`, make it durable, then put it in its place.

    A symbolic link at `path` is replaced, not followed: what it points to stays as it
    was. So is a pipe. Devices cannot be replaced and are written to directly.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "letter")
    ...     with atomic_file(path) as file:
    ...         _ = file.write(b"Dear reader")
    ...     path.read_bytes()
    b'Dear reader'

    Args:
        path: of the file, bytes, in a folder that exists.

    Raises:
        OSError: it cannot be written; what `path` held before is untouched, as after
            any other exception in the block.
    """
    target = Path(path)
    if _is_device(target):
        with target.open("wb") as file:
            yield file
        return
    prefix = f".{target.name[:_NAME_KEPT]}."
    handle, name = tempfile.mkstemp(prefix=prefix, dir=target.parent)
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


def _is_device(target: Path) -> bool:
    """Whether it is a device, or one by its name: /dev/stdout may lead to a file."""
    if Path(os.path.abspath(target)).parts[1:2] in (("dev",), ("proc",)):
        return True
    return target.is_char_device() or target.is_block_device()


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
