"""Loops over one row, generated as the backend generates them."""

import numpy as np
import pytest

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.5, 3.0, -7.0, 1e-42, 1e30, -1e30)
FLOAT_VALUES = (*EDGES, float("inf"), float("-inf"), float("nan"))


def values(dtype):
    """Every awkward value of a dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind == "f":
        return np.array(FLOAT_VALUES, dtype)
    ends = np.iinfo(dtype)
    found = [0, 1, 2, 3, 7, ends.max, ends.max - 1]
    return np.array(
        found + ([-1, -2, -7, ends.min] if dtype.kind == "i" else []), dtype
    )


def row_loop(texts, count):
    """Return run(*inputs, *outputs): the texts over numbers x0, ... of a row."""
    inputs = [f"a{i}" for i in range(count)]
    outputs = [f"y{i}" for i in range(len(texts))]
    lines = [f"def run(n, {', '.join(inputs + outputs)}):", "    for k in range(n):"]
    lines += [f"        x{i} = a{i}[k]" for i in range(count)]
    lines += [f"        y{i}[k] = {text}" for i, text in enumerate(texts)]
    return MachineCode("\n".join([*lines, "    return 0"]))


class MachineCode:
    """A function `run(n, *rows)`, compiled for the dtypes that it meets."""

    def __init__(self, source):
        self.source = source
        self.made = {}

    def __call__(self, *rows):
        """Run it on the rows, whose common length is n."""
        kinds = tuple(row.dtype for row in rows)
        if kinds not in self.made:
            self.made[kinds] = self._compiled(kinds)
        whole = [np.ascontiguousarray(row) for row in rows]
        numbers = np.array([rows[0].size, *(row.ctypes.data for row in whole)])
        assert self.made[kinds].functions["run"](numbers.ctypes.data) == 0

    def _compiled(self, kinds):
        compiler = pytest.importorskip("tinygraph.backends.native.machine.compiler")
        loader = pytest.importorskip("tinygraph.backends.native.machine.loader")
        from tinygraph.backends.native.frontend import functions, module, runtime

        names = self.source[: self.source.index(")")].split(", ")[1:]
        arrays = [
            functions.ArrayParameter(name, kind, ("n",))
            for name, kind in zip(names, kinds, strict=True)
        ]
        called = runtime.Runtime()
        lines = functions.compiled("run", self.source, ["n"], arrays, called)
        code, _ = compiler.compiled(module.joined(called, lines))
        return loader.LoadedCode(code, {"run": "run"})
