"""Write files so that a crash or a full disk leaves the old ones as they were."""

import contextlib
import os
from collections.abc import Iterator

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
