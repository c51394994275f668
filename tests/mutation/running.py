"""Asks the server of this folder to run tests of a tree, and reads what it says."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

KILLED, SURVIVED, SLOW = "killed", "survived", "out of time"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Found:
    """What a run of tests found.

    Attributes:
        fate: survived, killed or out of time.
        seconds: of processor time.
        by: the first test that failed.
        tests: test → (its seconds, the functions that it enters), where asked for.
    """

    fate: str
    seconds: float
    by: str = ""
    tests: dict[str, tuple[float, list[str]]] = field(default_factory=dict)


class Runner:
    """Runs tests of one tree, in a process each time.

    Code that native backends keep on disk is kept in the tree, from run to run: its key
    holds the text of the package that compiles, and of what is compiled.
    """

    def __init__(self, root: Path) -> None:
        self._environment = {"XDG_CACHE_HOME": str(root / ".cache")}
        self._output = root / ".output"
        self._imports: list[str] = ["hypothesis", "numpy"]
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.server", str(root)],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the server."""
        self._server.communicate()

    def run(
        self, tests: Sequence[str], limit: float, watched: Sequence[str] = ()
    ) -> Found:
        """Run files of tests, or single tests in their order, up to the first failure.

        Args:
            tests: files, or tests as pytest names them; none of both.
            limit: seconds by the clock, at most.
            watched: files of which it is recorded what each test enters.

        Raises:
            RuntimeError: pytest itself failed where no fault is planted.
        """
        files = list(dict.fromkeys(name.split("::")[0] for name in tests))
        request = {
            "tests": files,
            "only": [name for name in tests if "::" in name],
            "watched": list(watched),
            "limit": limit,
            "imports": self._imports,
            "environment": self._environment,
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        seconds = answer["processor"]
        if answer["code"] == SLOW:
            return Found(SLOW, seconds)
        if answer["code"] == 0:
            if watched:
                self._imports = sorted({*self._imports, *answer["imports"]})
            return Found(SURVIVED, seconds, tests=answer["tests"])
        return Found(KILLED, seconds, answer.get("by") or self._last_line())

    def _last_line(self) -> str:
        """Return the last line that the tests printed."""
        text = self._output.read_text("utf-8", errors="replace").rstrip()
        return f"pytest: {text.rpartition(chr(10))[2][:200]}"
