"""Messages from process to process: a line of JSON each, with bytes behind some."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, final

__all__ = ["Connection", "Message"]

_LONGEST_LINE = 2**20


@final
class Message(NamedTuple):
    """What one process tells another.

    Attributes:
        kind: what it is about.
        facts: what JSON can hold.
        content: bytes, for what it cannot.
    """

    kind: str
    facts: dict[str, Any]
    content: bytes


@final
class Connection:
    """A socket to one other process; threads may send at the same time.

    Attributes:
        heard: when something last came, by the monotonic clock.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket, self._file = connected, connected.makefile("rb")
        self._sending = threading.Lock()
        self.heard = time.monotonic()

    def send(
        self, kind: str, facts: Mapping[str, Any] | None = None, content: bytes = b""
    ) -> None:
        """Send a message.

        Raises:
            OSError: the connection is broken.
        """
        written = {"kind": kind, "facts": dict(facts or {}), "bytes": len(content)}
        line = json.dumps(written).encode() + b"\n"
        with self._sending:
            self._socket.sendall(line + content)

    def beat(self) -> None:
        """Tell that this process lives, unless it is telling something else."""
        if self._sending.acquire(blocking=False):
            try:
                with contextlib.suppress(OSError):
                    self._socket.sendall(b'{"kind": "beat", "facts": {}, "bytes": 0}\n')
            finally:
                self._sending.release()

    def receive(self, seconds: float | None = None) -> Message:
        """Wait for a message.

        Args:
            seconds: how long at most; None: without end.

        Raises:
            TimeoutError: none came.
            OSError: the connection ended.
            ValueError: what came is no message.
        """
        self._socket.settimeout(seconds)
        line = self._file.readline(_LONGEST_LINE)
        if not line:
            raise ConnectionError("it ended the connection")
        read = json.loads(line)
        if not isinstance(read, dict) or read.keys() != {"kind", "facts", "bytes"}:
            raise ValueError("no message")
        content = self._file.read(read["bytes"])
        if len(content) != read["bytes"]:
            raise ConnectionError("it ended the connection")
        self.heard = time.monotonic()
        return Message(read["kind"], read["facts"], content)

    def close(self) -> None:
        """End the connection; who waits for a message is told."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for each in (self._file, self._socket):
            with contextlib.suppress(OSError):
                each.close()
