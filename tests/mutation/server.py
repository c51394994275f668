"""Runs pytest in forked processes: what comes from elsewhere is imported once.

`python -m tests.mutation.server FOLDER` reads requests from its input, one JSON object
a line, and answers each with a line: the tests of a tree in that folder are run in a
process of their own, in which neither the tree nor its tests were ever imported. The
server imports NumPy, pytest and the like beforehand, so a process begins with them.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time
from typing import Any, TextIO

import pytest

from tests.mutation.watching import Watch

OUT_OF_TIME = "out of time"
_OPTIONS = (
    *(
        "-x",
        "-q",
        "--no-header",
        "--tb=short",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
    ),
    *("-p", "no:xdist", "-o", "addopts=", "-m", "not nightly"),
    *("--import-mode=importlib", "--strict-markers", "--strict-config"),
)


def serve(folder: str, requests: TextIO, answers: TextIO) -> None:
    """Answer requests until they end."""
    for text in requests:
        request = json.loads(text)
        for name in request["imports"]:
            _imported(name)
        answers.write(json.dumps(_forked(folder, request)) + "\n")
        answers.flush()


def _imported(name: str) -> None:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)


def _forked(folder: str, request: dict[str, Any]) -> dict[str, Any]:
    """Run the tests in a child; say what it found, or that its time was over."""
    begin = time.monotonic()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        _run(folder, request, write)
    os.close(write)
    text = _line(read, begin + request["limit"])
    os.close(read)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, _, usage = os.wait4(child, 0)
    answer = json.loads(text) if text else {"code": OUT_OF_TIME}
    answer["seconds"] = time.monotonic() - begin
    answer["processor"] = usage.ru_utime + usage.ru_stime
    return answer


def _line(read: int, end: float) -> bytes:
    """Read a line until a time is over; nothing where it did not come."""
    found = b""
    while not found.endswith(b"\n"):
        ready, _, _ = select.select([read], [], [], max(end - time.monotonic(), 0))
        part = os.read(read, 1 << 16) if ready else b""
        if not part:
            return b"" if not ready else b'{"code": "died"}'
        found += part
    return found


def _run(folder: str, request: dict[str, Any], write: int) -> None:
    """Run the tests in this process, write what was found, and end it."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(
        os.path.join(folder, ".output"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    )
    os.dup2(output, 1)
    os.dup2(output, 2)
    here = os.getcwd()
    os.chdir(folder)
    sys.path[:] = [folder, *(path for path in sys.path if path not in ("", here))]
    os.environ.update(request["environment"], PYTHONPATH=folder)
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]
    before = set(sys.modules)
    watch = Watch(folder, request["only"], request["watched"])
    code = pytest.main([*_OPTIONS, *request["tests"]], plugins=[watch])
    found = {"code": int(code), "by": watch.failed, "tests": watch.tests}
    found["imports"] = _foreign(set(sys.modules) - before)
    with os.fdopen(write, "w") as file:
        file.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _foreign(names: set[str]) -> list[str]:
    """Return which of some modules come from installed packages, the outermost ones."""
    packages = {name for name in names if "." not in name}
    files = {name: getattr(sys.modules[name], "__file__", None) for name in packages}
    return sorted(
        name for name, file in files.items() if file and "site-packages" in file
    )


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.argv[1], sys.stdin, answers)
