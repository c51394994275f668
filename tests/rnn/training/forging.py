"""Checkpoints as others may write them: the checksum is right, whatever they hold.

`python forging.py MEGABYTES`, with the path of a checkpoint and a command on each line
of the input, runs the commands where no more memory than that can be had.
"""

import contextlib
import io
import json
import sys

import numpy as np
import safetensors.numpy
from hypothesis import strategies as st

from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints


def contents(path):
    """Return the JSON and the arrays of a checkpoint, to be changed and forged."""
    arrays = safetensors.numpy.load_file(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["json"]), arrays


def forge(path, facts, arrays):
    """Write a checkpoint with any facts (a text: as it is) and any arrays."""
    text = facts if isinstance(facts, str) else json.dumps(facts)
    metadata = {"json": text, "checksum": checkpoints._checksum(text, arrays)}
    path.write_bytes(safetensors.numpy.save(arrays, metadata))


def outcome(*command):
    """Run a command; return its status, and the lines that say what went wrong."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(command)
        except SystemExit as stop:
            status = stop.code
    return status, err.getvalue().splitlines()


JUNK = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, -1, 0, 1, 3, 8000, 10**6, 10**9, 2**63, 2**64),
            *(10**400, -1.5, 0.0, 1e-300, 1e308, float("inf"), float("nan")),
            *("", "x", "\0", "\ud800", "\x1b[2J\n", "lstm", "words", "é" * 10**5),
            *([], {}, [[]], [1, "x"], {"x": 1}, "/dev/zero", "/dev/tty", "."),
        ]
    ),
    st.integers(-5, 300),
    st.floats(allow_nan=True),
    st.text(max_size=5),
)
"""What may stand in the place of any value."""

DTYPES = ("float16", "float32", "float64", "int8", "int64", "uint16", "bool")


def places(value, path=()):
    """Yield the way to each value in a tree of JSON."""
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from places(below, (*path, key))
    elif isinstance(value, list):
        for i, below in enumerate(value[:3]):
            yield from places(below, (*path, i))


@st.composite
def changed_facts(draw, facts):
    """Facts with one value replaced, left out, or added."""
    facts = json.loads(json.dumps(facts))
    *way, last = draw(st.sampled_from([p for p in places(facts) if p]))
    inner = facts
    for key in way:
        inner = inner[key]
    kind = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"]))
    if kind == "remove":
        del inner[last]
    elif kind == "add" and isinstance(inner, dict):
        inner[draw(st.text(max_size=5))] = draw(JUNK)
    else:
        inner[last] = draw(JUNK)
    return facts


@st.composite
def changed_arrays(draw, arrays):
    """Arrays with one renamed, left out, added, or of other numbers, shape or dtype."""
    arrays = dict(arrays)
    name = draw(st.sampled_from(sorted(arrays)))
    array = arrays[name]
    kind = draw(st.sampled_from(["rename", "remove", "add", "shape", "dtype", "fill"]))
    if kind in ("rename", "remove"):
        del arrays[name]
    if kind in ("rename", "add"):
        family = draw(st.sampled_from(["", "evil", "parameters", "optimizer", "state"]))
        arrays[family + draw(st.sampled_from(["", "/", "/x", "/m/x"]))] = array
    elif kind == "shape":
        arrays[name] = draw(
            st.sampled_from(
                [array[None], array.ravel(), array.T.copy(), array[..., :0], array[:1]]
                if array.ndim
                else [np.zeros((0, 3)), array[None]]
            )
        )
    elif kind == "dtype":
        arrays[name] = array.astype(draw(st.sampled_from(DTYPES)))
    elif kind == "fill":
        filled = draw(st.sampled_from([np.nan, np.inf, -1, 0, 1e30]))
        with np.errstate(all="ignore"):
            arrays[name] = np.full(array.shape, filled).astype(array.dtype)
    return arrays


def limited(megabytes):
    """Let this process have no more memory than that, from now on."""
    import resource

    most = megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    limited(int(sys.argv[1]))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(outcome(*json.loads(line))) + "\n")
