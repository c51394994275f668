"""The functions that generated code calls, as parts of its module.

A function of numbers is written once for each type that asks for it, and inlined
wherever it is called: LLVM sees loop bodies without branches or calls. (In large
functions long formulas stay calls, see `vector_calls`.) Products and packings are
declared; their code is loaded beside.
"""

import functools
from typing import Any, NamedTuple

from llvmlite import ir

from tinygraph.backends.native.frontend.scalars import ScalarType
from tinygraph.backends.native.frontend.vector_calls import (
    CalledFormula,
    called,
    is_called,
    kept,
)
from tinygraph.backends.native.gemm import loops, packing
from tinygraph.backends.native.kernels.expressions import BINARY
from tinygraph.backends.native.kernels.formulas import FORMULAS
from tinygraph.backends.native.kernels.ir_values import F32, F64, I64, Value
from tinygraph.backends.native.kernels.random import DRAWS
from tinygraph.backends.native.kernels.random_bits import (
    FILL,
    FILL_ARGUMENTS,
    WORDS,
    write_fill,
)

_MATRIX_CALLS = {loops.PRODUCT: loops.ARGUMENTS, packing.PACK: packing.ARGUMENTS}


class Runtime:
    """Collects the functions that a module calls."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, ScalarType], _Written] = {}
        self._called: dict[str, CalledFormula] = {}
        self._matrix_calls: dict[str, str] = {}
        self._words: _Written | None = None

    def symbol(self, name: str, kind: ScalarType) -> str:
        """Return how a function of numbers is called, for numbers of one type."""
        key = name, kind._replace(kind="f" if kind.kind == "f" else "i")
        if key not in self._used:
            self._used[key] = _written(name, kind.ir)
        return self._used[key].symbol

    def called_symbol(self, name: str, kind: ScalarType) -> str:
        """Return the same for where a long formula is called and not inlined."""
        inlined = self.symbol(name, kind)
        if kind.kind != "f" or not is_called(name, _written(name, kind.ir).declared):
            return inlined
        if inlined not in self._called:
            self._called[inlined] = called(name, kind.ir, inlined)
        return self._called[inlined].symbol

    def random_words(self) -> str:
        """Return how the function is called that stores random words."""
        self._words = _written_fill()
        return self._words.symbol

    def declare_matrix_call(self, name: str, symbol: str) -> None:
        """Let the module call a product or a packing."""
        kinds = ", ".join(map(str, _MATRIX_CALLS[name]))
        self._matrix_calls[symbol] = f"declare void @{symbol}({kinds})"

    def lines(self) -> list[str]:
        """Return the text of all of them."""
        used = [*self._used.values(), *([self._words] if self._words else [])]
        declared = dict.fromkeys(each for part in used for each in part.declared)
        formulas = list(self._called.values())
        defined = [part.text for part in used] + [part.text for part in formulas]
        return [*declared, *self._matrix_calls.values(), *kept(formulas), *defined]


class _Written(NamedTuple):
    """A function of numbers in LLVM IR: its name, its text, what it calls."""

    symbol: str
    text: str
    declared: list[str]


@functools.cache
def _written(name: str, kind: str) -> _Written:
    """Write a function of numbers of one type."""
    module = ir.Module()
    signature, formula = _signature(name, _type(kind))
    function = ir.Function(module, signature, f"{name}.{kind}")
    function.linkage = "internal"
    function.attributes.add("alwaysinline")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(formula(*(Value(builder, each) for each in function.args)).raw)
    others = [str(each) for each in module.functions if each is not function]
    return _Written(f'@"{name}.{kind}"', str(function), [x.strip() for x in others])


def _signature(name: str, number: Any) -> tuple[Any, Any]:
    """Return the type of a function of numbers, and its formula."""
    if name in WORDS:
        bits, given = WORDS[name]
        return ir.FunctionType(given, [I64] * 4), bits
    if name in DRAWS:
        draw = DRAWS[name]
        return ir.FunctionType(draw.given, [draw.bits]), draw.formula
    given = ir.IntType(1) if name == "isfinite" else number
    count = 2 if name in BINARY else 1
    return ir.FunctionType(given, [number] * count), FORMULAS[name]


@functools.cache
def _written_fill() -> _Written:
    """Write the function that stores random words."""
    kind = ir.FunctionType(ir.VoidType(), FILL_ARGUMENTS)
    function = ir.Function(ir.Module(), kind, FILL)
    function.linkage = "internal"
    function.attributes.add("noinline")
    write_fill(function)
    return _Written(f'@"{FILL}"', str(function), [])


def _type(kind: str) -> Any:
    if kind in ("float", "double"):
        return F32 if kind == "float" else F64
    return ir.IntType(int(kind[1:]))
