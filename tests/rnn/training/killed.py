"""Trains in child processes that are killed at random moments; see test_killing.

`python killed.py TEXT FOLDER KILLS`: one import, then a fork for each attempt.
"""

import os
import random
import signal
import sys
import time

import tinygraph.backends.registry
from tinygraph_rnn.cli import run_results
from tinygraph_rnn.cli.parser import main

OPTIONS = [
    *("--hidden-size", "6", "--seq-length", "6", "--batch-size", "3", "--seed", "5"),
    *("--evaluate-every", "3", "--updates", "400", "--dropout", "0.2"),
    *("--schedule", "plateau", "--optimizer", "rmsprop", "--stride", "4"),
]


def train(text, folder):
    """Start or go on, in a child; return its process number."""
    child = os.fork()
    if child:
        return child
    how = ["--text", text, "--output", folder, *OPTIONS]
    if os.path.exists(os.path.join(folder, "checkpoint.safetensors")):
        how = ["--resume", folder]
    os._exit(main(["train", *how]))


def updates(folder):
    """Return how many updates the metrics of a run tell of."""
    try:
        with open(os.path.join(folder, "metrics.jsonl"), "rb") as file:
            return file.read().count(b"\n")
    except FileNotFoundError:
        return 0


def killed_often(text, folder, kills):
    """Kill `kills` children at random moments, then let one come to its end.

    Every other one is given time to get further than those before it, or all would die
    while they start. NumPy runs them, as in all tests: who lives tenths of a second
    compiles nothing, and draws nothing.
    """
    run_results.pictured = lambda _: []
    tinygraph.backends.registry.preferred = lambda: "numpy"
    moments = random.Random(0)
    for attempt in range(kills):
        before = updates(folder)
        child = train(text, folder)
        limit = time.monotonic() + 30 * (attempt % 2)
        while updates(folder) <= before and time.monotonic() < limit:
            time.sleep(0.002)
        time.sleep(moments.uniform(0.0, 0.1))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "ended\n")
    _, status = os.waitpid(train(text, folder), 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(killed_often(sys.argv[1], sys.argv[2], int(sys.argv[3])))
