"""Threads of BLAS: how many a product may use, and never more than it may already.

Two pools that spin on the same cores cost far more than they bring, and a small product
inside a time loop is slower on two threads than on one. So a call of a compiled
function asks for as many threads as it was compiled with, and for one while a loop of
small products runs. What is asked for holds for the process: of several calls at a time
the lowest number counts. The pools are touched only where that changes something.

Some builds of OpenBLAS let only the thread that loaded them set the number: calls from
other threads then leave it as it is.
"""

import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import threadpoolctl

from tinygraph.core.errors import BackendError

_UNLIMITED = nullcontext()


class BlasThreads:
    """The thread pools of all BLAS libraries in this process, set as one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._asked: dict[int, int] = {}
        self._before: list[int] = []
        self._most = self._now = 0
        self._own = threading.local()

    @cached_property
    def _libraries(self) -> list[Any]:
        """Controls of the BLAS libraries that are loaded at first use."""
        found = threadpoolctl.ThreadpoolController().lib_controllers
        return [library for library in found if library.user_api == "blas"]

    def size(self) -> int:
        """Return how many threads a product may use now."""
        libraries = self._libraries
        if len(libraries) == 1:
            return int(libraries[0].get_num_threads())
        return max((each.get_num_threads() for each in libraries), default=1)

    def at_most(
        self, count: int | None, size: int | None = None
    ) -> AbstractContextManager[None]:
        """Let products use so many threads at most; None: as many as they may.

        Where they may use no more anyway and nobody else has asked, nothing is done.

        Args:
            size: what `size()` has just returned.
        """
        if count is None:
            return _UNLIMITED
        if not self._asked and count >= (self.size() if size is None else size):
            return _UNLIMITED
        return _Limit(self, count)

    def enter(self, count: int) -> None:
        """Ask for so many threads at most, until `leave`."""
        with self._lock:
            if not self._may_set():
                return
            if not self._asked:
                self._before = [each.get_num_threads() for each in self._libraries]
                self._most = self._now = max(self._before, default=1)
            self._asked[count] = self._asked.get(count, 0) + 1
            if count < self._now:
                self._set(count)

    def leave(self, count: int) -> None:
        """Take back what `enter` asked for, in the same thread."""
        with self._lock:
            if not self._may_set():
                return
            self._asked[count] -= 1
            if self._asked[count]:
                return
            del self._asked[count]
            wanted = min((self._most, *self._asked))
            if wanted != self._now:
                self._set(wanted)

    def _may_set(self) -> bool:
        """Return True if this thread can set the number; tried once a thread."""
        known: bool | None = getattr(self._own, "may_set", None)
        if known is None:
            known = all(map(_obeys, self._libraries))
            self._own.may_set = known
        return known

    def _set(self, count: int) -> None:
        self._now = count
        for library, before in zip(self._libraries, self._before, strict=True):
            library.set_num_threads(min(count, before))


class _Limit:
    """A context in which products use so many threads at most."""

    def __init__(self, blas: BlasThreads, count: int) -> None:
        self._blas = blas
        self._count = count

    def __enter__(self) -> None:
        self._blas.enter(self._count)

    def __exit__(self, *problem: object) -> None:
        self._blas.leave(self._count)


def _obeys(library: Any) -> bool:
    """Return True if a library takes another number of threads from here."""
    before = library.get_num_threads()
    other = before - 1 if before > 1 else 2
    library.set_num_threads(other)
    obeyed = bool(library.get_num_threads() == other)
    library.set_num_threads(before)
    return obeyed


BLAS = BlasThreads()


def check_threads(threads: Any) -> None:
    """Check the argument `threads` of compile.

    Raises:
        BackendError: it is neither None nor a positive int.
    """
    if threads is None:
        return
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise BackendError(
            f"threads must be a positive int, or None for as many as BLAS may use, "
            f"not {threads!r}"
        )
