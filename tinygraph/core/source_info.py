"""Where a node is made: the user's line of code and the open scopes."""

import contextlib
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from types import FrameType
from typing import Any

Line = tuple[str, int] | None
Site = tuple[tuple[str, ...], Line]

_HIDDEN = {"tinygraph"}
_FOLDERS: list[str] = []
"""Where hidden packages lie: code that they make at run time has names of its own."""
_scope: ContextVar[tuple[str, ...]] = ContextVar("scope", default=())
_site: ContextVar[Site | None] = ContextVar("site", default=None)


@contextlib.contextmanager
def scope(name: Any) -> Iterator[None]:
    """Name the module whose nodes are made inside the `with` block.

    Scopes nest. They are what pictures collapse ("Linear", "LSTM cell"); they do
    not change the names of leaves.

    Example:
        >>> with tg.scope("cell"):
        ...     y = tg.tanh(tg.placeholder("x"))
        >>> y.scope
        ('cell',)
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"a scope needs a non-empty name, not {name!r}")
    token = _scope.set((*_scope.get(), name))
    try:
        yield
    finally:
        _scope.reset(token)


def hide_frames_of(package: str) -> None:
    """Let a package's own lines never count as the user's in error messages.

    Example:
        >>> tg.hide_frames_of("my_layers")  # errors name the lines that call it
    """
    _HIDDEN.add(package)
    known = getattr(sys.modules.get(package), "__path__", ())
    _FOLDERS.extend(os.path.join(folder, "") for folder in known)


class MadeFor:
    """Gives every node made inside the `with` block one scope and line."""

    __slots__ = ("_site", "_token")

    def __init__(self, site: Site) -> None:
        self._site = site

    def __enter__(self) -> "MadeFor":
        self._token = _site.set(self._site)
        return self

    def move(self, scope: tuple[str, ...], line: Line) -> None:
        """Give what is made from here on, within the block, another scope and line."""
        _site.set((scope, line))

    def __exit__(self, *_: object) -> None:
        _site.reset(self._token)


def made_for(scope: tuple[str, ...], line: Line) -> MadeFor:
    """Give every node made inside the block this scope and line."""
    return MadeFor((scope, line))


def current() -> Site:
    """Return the open scopes and the innermost line outside the library."""
    site = _site.get()
    if site is not None:
        return site
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        if module.partition(".")[0] not in _HIDDEN:
            file = frame.f_code.co_filename
            if not file.startswith(tuple(_FOLDERS)):
                return _scope.get(), (file, frame.f_lineno)
        frame = frame.f_back
    return _scope.get(), None
