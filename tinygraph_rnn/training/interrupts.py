"""Ctrl-C, or a closed terminal, as a request: training stops between two updates."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import final


@final
class StopRequest:
    """Whether someone asked to stop.

    Attributes:
        signal: number of the signal that asked, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note signals that ask to stop, instead of ending in the middle of an update.

    They are SIGINT, SIGTERM, SIGHUP (a closed terminal), on Windows SIGBREAK; those
    that are ignored already (`nohup`, a job in the background) stay so. A second signal
    acts as usual. Outside the main thread nothing is caught.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    before = {n: was for n, was in found.items() if was not in (signal.SIG_IGN, None)}

    def note(number: int, frame: FrameType | None) -> None:
        request.signal = number
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
