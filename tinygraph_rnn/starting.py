"""Ctrl-C while the command line is still importing ends it without a traceback.

The package imports this before all else; in a program of one's own it does nothing.
"""

import os
import signal
import sys
import threading
from types import FrameType

__all__ = ["INTERRUPTED", "is_command", "leave_quietly", "started"]

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of what Ctrl-C stopped."""

_COMMAND, _MODULE = "tinygraph-rnn", "tinygraph_rnn"


def is_command(arguments: list[str], original: list[str]) -> bool:
    """Return True for a process that is `tinygraph-rnn` or `python -m tinygraph_rnn`.

    Args:
        arguments: `sys.argv`; while a package that `-m` names is imported, "-m" is
            its first.
        original: `sys.orig_argv`.
    """
    name = os.path.basename(arguments[0]) if arguments else ""
    if name == "-m":
        return _MODULE in original
    return os.path.splitext(name)[0] == _COMMAND


def leave_quietly() -> None:
    """Let SIGINT end the command at once and without a word, as status 130."""
    if (
        is_command(sys.argv, sys.orig_argv)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        signal.signal(signal.SIGINT, _leave)


def started() -> None:
    """Let SIGINT raise KeyboardInterrupt again, from where the command handles it."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
