"""Standard output and error that neither a full disk nor a closed pipe can break."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, final

from tinygraph_rnn.errors import StorageError

__all__ = ["StandardStream", "standard_streams"]


@final
class StandardStream:
    """Standard output or error, with failures that can be told from all others.

    After the first failure nothing more is written to the stream. Standard output then
    raises, since its reader wants the result; standard error does not, since training
    goes on without messages.

    Attributes:
        problem: the first failure, or None.
    """

    def __init__(self, stream: TextIO | None, name: str, *, raises: bool) -> None:
        """Wrap `stream`, None where the process was started without it."""
        self._is_closed = stream is None
        self._stream: TextIO = io.StringIO() if stream is None else stream
        self._name, self._raises = name, raises
        self.problem: OSError | None = None

    def write(self, text: str) -> int:
        """Write text, or drop it.

        Raises:
            BrokenPipeError: of output: who reads it has gone.
            StorageError: of output: it cannot be written; says why.
        """
        self._attempt(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Hand all to the operating system; raises as `write` does."""
        if not self._is_closed:
            self._attempt(self._stream.flush)

    @property
    def has_lost(self) -> bool:
        """Whether something could not be written, not counting a closed pipe."""
        return self.problem is not None and not isinstance(
            self.problem, BrokenPipeError
        )

    def _attempt(self, action: Callable[[], Any]) -> None:
        if self.problem is None:
            try:
                if self._is_closed:
                    raise OSError(errno.EBADF, os.strerror(errno.EBADF))
                action()
                return
            except OSError as problem:
                self.problem = problem
                self._discard()
        if not self._raises:
            return
        if isinstance(self.problem, BrokenPipeError):
            raise BrokenPipeError from None
        reason = self.problem.strerror or str(self.problem)
        raise StorageError(f"cannot write to {self._name}: {reason}") from None

    def _discard(self) -> None:
        """Drop what is buffered, which Python would try to write again when it ends."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def standard_streams() -> Iterator[tuple[StandardStream, StandardStream]]:
    """Put both streams in place for a block.

    File descriptors 0 to 2 that the process was started without are opened first: else
    the next file would get one of them, and what is printed would go there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    before = sys.stdout, sys.stderr
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    output = StandardStream(sys.stdout, "standard output", raises=True)
    error = StandardStream(sys.stderr, "standard error", raises=False)
    replaced: Any = output, error
    sys.stdout, sys.stderr = replaced
    try:
        yield output, error
    finally:
        error.flush()
        sys.stdout, sys.stderr = before
