"""Loops over one row, generated as the backend generates them."""

import warnings

import numpy as np

FLAGS = {"error_model": "numpy", "fastmath": {"contract"}}
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


def row_loop(texts, count, names, jit):
    """Return run(*inputs, *outputs): the texts over numbers x0, ... of a row."""
    inputs = [f"a{i}" for i in range(count)]
    outputs = [f"y{i}" for i in range(len(texts))]
    lines = [f"def run({', '.join(inputs + outputs)}):", "    for k in range(a0.size):"]
    lines += [f"        x{i} = a{i}[k]" for i in range(count)]
    lines += [f"        y{i}[k] = {text}" for i, text in enumerate(texts)]
    space = dict(names)
    exec("\n".join(lines), space)
    if jit:
        import numba

        return numba.njit(space["run"], **FLAGS)

    def plain(*arrays):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            space["run"](*arrays)

    return plain
