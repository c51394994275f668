"""Runs a notebook in an IPython without a kernel, and keeps what its cells show.

The outputs are those that a kernel sends. What is imported here, for the pages' sake,
is there already in each fork of a process that imported this module.
"""

import contextlib
import io
import os
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

import hypothesis  # noqa: F401
import matplotlib.pyplot as plt
import numpy.testing  # noqa: F401
from ipykernel.compiler import XCachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode, v4
from traitlets.config import Config

import tinygraph.drawing
import tinygraph.testing
import tinygraph_rnn  # noqa: F401

with contextlib.suppress(ImportError):  # without llvmlite, pages run on NumPy
    import tinygraph.backends.native.program  # noqa: F401

OUTPUTS: list[NotebookNode] = []
"""What the cell that runs has shown up to now, in its order."""
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}
INLINE = "module://matplotlib_inline.backend_inline"


class Stream(io.TextIOBase):
    """What is printed, as output of the cell."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        """Stand for `stdout` or `stderr`."""
        self.name = name

    def write(self, text: str) -> int:
        """Add to the last output where that was printed here too."""
        if OUTPUTS and OUTPUTS[-1].get("name") == self.name:
            OUTPUTS[-1].text += text
        elif text:
            OUTPUTS.append(v4.new_output("stream", name=self.name, text=text))
        return len(text)


class Publisher(DisplayPublisher):
    """What `display` and matplotlib show, as output of the cell."""

    def publish(
        self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Add an output that holds one thing in several formats."""
        shown = v4.new_output("display_data", data=data, metadata=metadata or {})
        OUTPUTS.append(shown)


class Hook(DisplayHook):
    """The value of a cell's last expression, as output of the cell."""

    def write_output_prompt(self) -> None:
        """Print nothing: the number is part of the output."""

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        """Add an output that holds the value in several formats."""
        shown = v4.new_output(
            "execute_result",
            data=format_dict,
            metadata=md_dict or {},
            execution_count=self.prompt_count,
        )
        OUTPUTS.append(shown)

    def finish_displayhook(self) -> None:
        """Print no end of a line either."""


class Shell(InteractiveShell):
    """An IPython that prints nothing itself, and names cells as a kernel does."""

    compiler_class = XCachingCompiler
    display_pub_class = Publisher
    displayhook_class = Hook


def run(notebook: NotebookNode, folder: str, sender: Connection) -> None:
    """Run in a folder; send the notebook with its outputs, or what went wrong, as text.

    The process is not to be used for anything else afterwards.
    """
    os.chdir(folder)
    sys.path.insert(0, "")
    os.environ["MPLBACKEND"] = plt.rcParams["backend"] = INLINE
    shell = Shell.instance(config=Config(HistoryManager={"enabled": False}))
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    notebook.metadata["language_info"] = LANGUAGE
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        OUTPUTS.clear()
        done = shell.run_cell(cell.source, store_history=True)
        cell.outputs, cell.execution_count = [*OUTPUTS], done.execution_count
        if error := done.error_before_exec or done.error_in_exec:
            told = "".join(traceback.format_exception(error))
            sender.send(f"this cell fails:\n{cell.source}\n\n{told}")
            return
    sender.send(notebook)
