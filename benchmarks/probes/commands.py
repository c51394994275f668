"""`tinygraph-rnn train` in a process of its own: time and memory of an update."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.ready import SkipError


def train(
    size: tuple[int, int, int], memory: str | None, updates: int
) -> dict[str, Any]:
    """Return seconds of an update (the least), and the most memory ever held, bytes.

    Args:
        size: (B, H, T).
        memory: of the option of that name; None: without it.
        updates: more than one: the first makes the buffers.

    Raises:
        SkipError: the command failed; its last line.
    """
    batch, hidden, steps = size
    with tempfile.TemporaryDirectory() as folder:
        text, run = Path(folder) / "text", Path(folder) / "run"
        letters = np.random.default_rng(0).integers(33, 98, 2 * batch * steps + batch)
        text.write_bytes(letters.astype("uint8").tobytes())
        options = {
            "text": text,
            "output": run,
            "batch-size": batch,
            "hidden-size": hidden,
            "seq-length": steps,
            "updates": updates,
            "held-out": 0,
            **({"memory": memory} if memory else {}),
        }
        given = [str(each) for k, v in options.items() for each in (f"--{k}", v)]
        resident = _resident_bytes(["train", *given])
        rows = (run / "metrics.jsonl").read_text().splitlines()
    seconds = np.diff([json.loads(row)["seconds"] for row in rows])
    return {"memory": memory, "update": float(seconds.min()), "resident": resident}


def _resident_bytes(arguments: list[str]) -> int:
    """Run a command to its end; return the most memory that it held."""
    command = [sys.executable, "-m", "tinygraph_rnn", *arguments]
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SkipError((said.read().strip() or "no output").splitlines()[-1])
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
