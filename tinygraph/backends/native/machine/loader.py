"""Native code in memory: from disk where it was kept, else compiled now.

The compiler is imported only where there is something to compile.
"""

import contextlib
import ctypes
import functools
import hashlib
import importlib
import logging
import re
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from tinygraph.backends import native
from tinygraph.backends.native.codegen.functions import Function
from tinygraph.backends.native.gemm import library
from tinygraph.backends.native.gemm.entry import entry_name
from tinygraph.backends.native.gemm.packing import ARGUMENTS, PACK
from tinygraph.backends.native.machine import cache
from tinygraph.ops import philox
from tinygraph.runtime.progress import tell, watch_compiling
from tinygraph.semantics.binding import Array

_LOG = logging.getLogger("tinygraph")
TIMES = {r"\n": 4e-4, r"\n *for ": 2.5e-3, r"\n *product\w*\(": 1.1e-2}
"""What a line of source adds to the seconds of compiling: any, a loop, a product."""
LONG = 2.0
"""Seconds from which on a compilation is announced."""


def nothing() -> Array | None:
    """Stand for a weak reference to no array."""
    return None


class LoadedCode:
    """Loaded native code; it lives as long as this object.

    Attributes:
        packer: from panels to what packs a matrix into them, for the products that
            were loaded with it.
        functions: name → the function of the address of its packed arguments. It
            holds no lock: threads run it side by side.
    """

    def __init__(self, code: bytes, symbols: Mapping[str, str]) -> None:
        """Load code; `symbols` has for each function the name that it has there."""
        target = llvm.Target.from_default_triple()
        machine = target.create_target_machine(jit=True, codemodel="jitdefault")
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)
        self.packer = Packer
        self.functions: dict[str, Callable[[int], int]] = {
            name: kind(self._engine.get_function_address(symbol))
            for name, symbol in symbols.items()
        }


@functools.cache
def entry(name: str, itemsize: int) -> Any:
    """Return the function of the address of what PRODUCT or PACK takes."""
    symbol = library.symbol(entry_name(name), itemsize)
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    return kind(load_products(itemsize)[symbol])


def load_products(itemsize: int) -> dict[str, int]:
    """Return the addresses of the products' functions, loaded from disk if kept."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return library.load(itemsize, _products(itemsize))


class Packer:
    """Copies a matrix into panels, call after call, for the products that come later.

    The arguments are worked out again only for another array.
    """

    def __init__(self, panels: Array) -> None:
        self._panels = panels
        self._run = entry(PACK, panels.itemsize)
        self._numbers = np.zeros(len(ARGUMENTS), np.int64)
        self._address = self._numbers.ctypes.data
        self._seen: Callable[[], Array | None] = nothing

    def __call__(self, b: Array) -> None:
        """Copy b into the panels; what is not aligned (fields of records) by a copy."""
        whole = b if b.flags.aligned else b.copy()
        if self._seen() is not b or whole is not b:
            (down, across), size = whole.strides, b.itemsize
            places = (down // size, across // size, self._panels.ctypes.data)
            self._numbers[:] = (*b.shape, whole.ctypes.data, *places)
            self._seen = weakref.ref(b)
        self._run(self._address)


def load(functions: Sequence[Function]) -> LoadedCode:
    """Return the native code of functions; log that it is made, if it has to be."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for itemsize in sorted(_widths(functions)):
        load_products(itemsize)

    codes = [code_of(function) for function in functions]
    first = dict(zip(reversed(codes), reversed(functions), strict=True))
    different = [
        f for f, code in zip(functions, codes, strict=True) if first[code] is f
    ]

    def build() -> tuple[bytes, Sequence[str]]:
        begin = time.perf_counter()
        building = importlib.import_module("tinygraph.backends.native.machine.compiler")
        with _announced(different):
            made: tuple[bytes, Sequence[str]] = building.build(different)
        _LOG.info("compiled in %.1f s", time.perf_counter() - begin)
        return made

    names = [f"{function.name} {code_of(function)}" for function in different]
    code = cache.get_or_make("\n".join([_environment(), *names]), build)
    symbols = {
        function.name: first[code].name
        for function, code in zip(functions, codes, strict=True)
    }
    return LoadedCode(code, symbols)


def code_of(function: Function) -> str:
    """Return what the code of a function depends on: not its name, nor its nodes'.

    The steps of an unrolled graph do the same with other arrays.
    """
    kinds = [f"{a.dtype} {a.lengths} {a.layout}" for a in function.arrays]
    body = re.sub("  # .*", "", function.source).partition("(")[2]
    return "\n".join([body, *kinds])


@contextlib.contextmanager
def _announced(functions: Sequence[Function]) -> Iterator[None]:
    """Say what is compiled; before seconds of it how long, and to whom watches."""
    nodes = sum(len(function.region.computed) for function in functions)
    seconds = sum(seconds_to_compile(function.source) for function in functions)
    text = "compiling %d nodes to native code: none is kept yet"
    if seconds < LONG:
        _LOG.info(text, nodes)
        with watch_compiling(None):
            yield
        return
    _LOG.warning(f"{text}; this takes about %.0f s", nodes, seconds)
    tell(0.0)
    yield
    tell(1.0)


def seconds_to_compile(source: str) -> float:
    """Return roughly how long a function takes, by its lines, loops and products."""
    return sum(each * len(re.findall(line, source)) for line, each in TIMES.items())


def _widths(functions: Sequence[Function]) -> set[int]:
    """Return the bytes per number of the products that functions call."""
    return {
        argument.dtype.itemsize
        for function in functions
        for argument in function.arrays
        if argument.role in ("panels", "packed")
    }


def _products(itemsize: int) -> bytes:
    return cache.get_or_make(
        f"{_environment()}\nproducts {itemsize}",
        lambda: (library.host_code(itemsize), ()),
    )


def sources() -> list[Path]:
    """Return the files that native code is made by: kept by other ones it is not used.

    Those of the backend, and the one with the numbers of Philox.
    """
    return [*sorted(Path(native.__file__).parent.rglob("*.py")), Path(philox.__file__)]


@functools.cache
def _environment() -> str:
    """Return all that native code depends on but its source."""
    own = hashlib.blake2b()
    for path in sources():
        own.update(path.read_bytes())
    cpu = [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    machine = [llvm.get_process_triple(), *cpu]
    return "\n".join([own.hexdigest(), *_versions(), *machine])


def _versions() -> list[str]:
    """Return the versions of llvmlite and of LLVM."""
    return [llvmlite.__version__, str(llvm.llvm_version_info)]
