"""Who is told how far a long compilation is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tinygraph.core.errors import BackendError

Progress = Callable[[float], object]
"""Takes the share that is done, from 0 to 1."""

_WATCHING: ContextVar[Progress | None] = ContextVar("watching", default=None)


@contextmanager
def watch_compiling(progress: Progress | None) -> Iterator[None]:
    """Have a function told, within, how far a compilation of seconds is.

    Args:
        progress: is called with the share that is done: 0.0 before a compilation that
            will take more than two seconds, 1.0 behind it. None: nobody is told.

    Raises:
        BackendError: it cannot be called.

    Example:
        >>> with tg.watch_compiling(print):
        ...     run = tg.compile({"y": tg.sequence("x")}, "numpy")
    """
    if progress is not None and not callable(progress):
        raise BackendError(
            f"progress must be a function of the share that is done, not {progress!r}"
        )
    token = _WATCHING.set(progress)
    try:
        yield
    finally:
        _WATCHING.reset(token)


def tell(share: float) -> None:
    """Tell who watches how far a compilation is."""
    progress = _WATCHING.get()
    if progress is not None:
        progress(share)
