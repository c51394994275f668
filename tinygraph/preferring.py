"""Which program runs a graph, by the name of a backend."""

import functools
import importlib
import importlib.util
import warnings
from collections.abc import Callable

from tinygraph.backends.numpy import NumpyProgram
from tinygraph.errors import BackendError
from tinygraph.graph import Graph
from tinygraph.windows.choosing import Memory
from tinygraph.windows.program import Program

Maker = Callable[[Graph], Program]


def preferred(memory: Memory = None) -> str:
    """Return the backend that "auto" stands for: numba's where it is installed.

    Windows (`memory`) are a dozen programs, each compiled apart, so they get NumPy.
    """
    if memory is not None:
        return "numpy"
    if importlib.util.find_spec("numba") is not None:
        return "numba"
    _warn_once(
        "numba is not installed: graphs run on NumPy, several times slower in loops. "
        "pip install numba, or say backend='numpy'"
    )
    return "numpy"


def maker(
    backend: str, *, forgiving: bool = False, threads: int | None = None
) -> Maker:
    """Return what makes the programs of the backend "numpy" or "numba".

    Args:
        forgiving: take NumPy, and say so once, where numba refuses a graph.
        threads: see `tinygraph.compile`.

    Raises:
        BackendError: numba is asked for and not installed. What it returns raises it
            where numba refuses a graph.
    """
    if backend == "numpy":
        return functools.partial(NumpyProgram, threads=threads)
    if importlib.util.find_spec("numba") is None:
        raise BackendError(
            "backend 'numba' needs numba, which is not installed: "
            "pip install numba, or use backend='numpy'"
        )
    make = _forgiven if forgiving else _compiled
    return functools.partial(make, threads=threads)


def _forgiven(graph: Graph, threads: int | None) -> Program:
    try:
        return _compiled(graph, threads)
    except BackendError as problem:
        _warn_once(f"{problem}. This one runs on NumPy")
        return NumpyProgram(graph, threads)


def _compiled(graph: Graph, threads: int | None) -> Program:
    """Return a program of native code; what makes it is imported when first used."""
    module = importlib.import_module("tinygraph.backends.numba.program")
    try:
        made: Program = module.NumbaProgram(graph, threads=threads)
    except Exception as problem:
        raise BackendError(
            f"backend 'numba' cannot compile this graph, {type(problem).__name__}: "
            f"{problem}. Use backend='numpy', and report it"
        ) from problem
    return made


@functools.cache
def _warn_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)
