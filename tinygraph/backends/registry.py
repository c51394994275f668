"""The registry of backends: by name, what makes a program of a graph; and "auto".

A backend is registered once; `compile`, `explain` and `memory=` learn of it from here.
"""

import dataclasses
import functools
import importlib
import importlib.util
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tinygraph.backends.interpret import InterpretedProgram
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.core.errors import BackendError
from tinygraph.core.graph import Graph
from tinygraph.rewriting import MIXES_STATES, SAVE_CALLS
from tinygraph.runtime.program import Program

AUTO = "auto"
TIME = "time"

Make = Callable[[Graph, int | None], Program]
"""Takes a graph and how many threads a call may use (None: as many as BLAS may)."""


@dataclass(frozen=True)
class Backend:
    """A way to run graphs; see `register_backend`."""

    name: str
    make: Make
    rewrites: bool
    without: tuple[str, ...]
    windows: bool
    missing: Callable[[], str | None]
    parallel: Make | None = None
    parallel_without: tuple[str, ...] = ()


BACKENDS: dict[str, Backend] = {}
_NAMES: dict[str, str] = {}
"""Every name, the other ones too → the backend's own."""


def register_backend(
    name: str,
    make: Make,
    *,
    other_names: Collection[str] = (),
    rewrites: bool = True,
    without: Collection[str] = (),
    windows: bool = True,
    missing: Callable[[], str | None] = lambda: None,
    parallel: Make | None = None,
    parallel_without: Collection[str] = (),
) -> None:
    """Enter a backend, to be used by name in `compile` and `explain`.

    Args:
        name: its name.
        make: takes a graph and how many threads a call may use (None: as many as BLAS
            may), and returns a program: see `tinygraph.runtime.program.Program`.
        other_names: by which it is known too.
        rewrites: False where it is given graphs as they are written.
        without: names of rewrites that gain it nothing.
        windows: False where `memory=` is not for it.
        missing: says what has to be installed; None where all is there.
        parallel: as `make`, for `parallel="time"`; None where that is not for it.
        parallel_without: names of rewrites that are in its way.

    Raises:
        BackendError: a name is taken, or is "auto".

    Example:
        >>> try:
        ...     tg.register_backend("auto", make=print)
        ... except tg.BackendError as error:
        ...     print(error.message.split(";")[0])
        the name 'auto' is taken
    """
    for each in (name, *other_names):
        if each == AUTO or each in _NAMES:
            raise BackendError(
                f"the name {each!r} is taken; the backends are {listed()}. Register "
                "this one by another name"
            )
    _NAMES.update(dict.fromkeys((name, *other_names), name))
    BACKENDS[name] = Backend(
        name,
        make,
        rewrites,
        tuple(without),
        windows,
        missing,
        parallel,
        tuple(parallel_without),
    )


def backend_names() -> tuple[str, ...]:
    """Return every name that `backend=` takes: "auto", and those registered.

    Example:
        >>> tg.backend_names()
        ('auto', 'numpy', 'native', 'numba', 'jax', 'interpret')
    """
    return (AUTO, *_NAMES)


def listed() -> str:
    """Return the names of all backends, in words."""
    return ", ".join(map(repr, (AUTO, *BACKENDS)))


def find(name: str, parallel: str | None = None) -> Backend:
    """Return a backend by its name, or the one that "auto" stands for.

    Args:
        name: of the backend.
        parallel: "time" for the backend as it runs cycles at all steps at once.

    Raises:
        BackendError: there is none of this name, or it has no such way to run.
    """
    known = preferred() if name == AUTO else _NAMES.get(name)
    if known is None:
        raise BackendError(f"no backend {name!r}; there are {listed()}")
    chosen = BACKENDS[known]
    if parallel is None:
        return chosen
    if parallel != TIME:
        raise BackendError(f"parallel must be None or {TIME!r}, not {parallel!r}")
    if chosen.parallel is None:
        others = [repr(x.name) for x in BACKENDS.values() if x.parallel is not None]
        raise BackendError(
            f"backend {chosen.name!r} runs every cycle step by step: parallel={TIME!r} "
            f"is for {' and '.join(others)}"
        )
    without = (*chosen.without, *chosen.parallel_without)
    return dataclasses.replace(chosen, make=chosen.parallel, without=without)


def preferred() -> str:
    """Return the backend that "auto" stands for: native code where llvmlite is."""
    if _without_llvmlite() is None:
        return "native"
    _warn_once(
        "llvmlite is not installed: graphs run on NumPy, several times slower in "
        "loops. pip install llvmlite, or say backend='numpy'"
    )
    return "numpy"


def maker(
    backend: Backend, *, forgiving: bool = False, threads: int | None = None
) -> Callable[[Graph], Program]:
    """Return what makes the programs of a backend.

    Args:
        forgiving: take NumPy, and say so once, where the backend refuses a graph.
        threads: see `tinygraph.compile`.

    Raises:
        BackendError: something has to be installed first. What it returns raises it
            where the backend refuses a graph.
    """
    problem = backend.missing()
    if problem is not None:
        raise BackendError(problem)

    def made(graph: Graph) -> Program:
        try:
            return backend.make(graph, threads)
        except BackendError as problem:
            if not forgiving:
                raise
            _warn_once(f"{problem}. This one runs on NumPy")
            return NumpyProgram(graph, threads)

    return made


def _without_llvmlite() -> str | None:
    if importlib.util.find_spec("llvmlite") is not None:
        return None
    return (
        "backend 'native' needs llvmlite, which is not installed: "
        "pip install llvmlite, or use backend='numpy'"
    )


def _native(graph: Graph, threads: int | None) -> Program:
    """Return a program of native code; what makes it is imported when first used."""
    module = importlib.import_module("tinygraph.backends.native.program")
    try:
        made: Program = module.NativeProgram(graph, threads=threads)
    except Exception as problem:
        raise BackendError(
            f"backend 'native' cannot compile this graph, {type(problem).__name__}: "
            f"{problem}. Use backend='numpy', and report it"
        ) from problem
    return made


def _without_jax() -> str | None:
    if importlib.util.find_spec("jax") is not None:
        return None
    return (
        "backend 'jax' needs jax, which is not installed: "
        "pip install \"jax[cpu]\", or the one for your device, or use backend='numpy'"
    )


def _jax(graph: Graph, threads: int | None, *, parallel: bool = False) -> Program:
    """Return a program of JAX's; it is imported when first used."""
    module = importlib.import_module("tinygraph.backends.jax.program")
    made: Program = module.JaxProgram(graph, threads, parallel=parallel)
    return made


@functools.cache
def _warn_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)


register_backend("numpy", NumpyProgram)
register_backend(
    "native",
    _native,
    other_names=["numba"],
    without=SAVE_CALLS,
    missing=_without_llvmlite,
)
register_backend(
    "jax",
    _jax,
    without=SAVE_CALLS,
    missing=_without_jax,
    parallel=functools.partial(_jax, parallel=True),
    parallel_without=MIXES_STATES,
)
register_backend("interpret", InterpretedProgram, rewrites=False, windows=False)
