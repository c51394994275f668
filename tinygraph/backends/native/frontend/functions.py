"""One function as LLVM IR: its source compiled, and an entry point beside it.

`i32 @NAME(ptr numbers)` reads the arguments from an array of int64 numbers: the ints,
then the address of each array, and its distances where its layout is open.
"""

import ast
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygraph.backends.native.frontend.assembly import Assembly
from tinygraph.backends.native.frontend.calls import Calls
from tinygraph.backends.native.frontend.expressions import Expressions, Variable
from tinygraph.backends.native.frontend.outlining import MANY
from tinygraph.backends.native.frontend.runtime import Runtime
from tinygraph.backends.native.frontend.scalars import I64, Value, type_of, whole
from tinygraph.backends.native.frontend.statements import Statements, assignments
from tinygraph.backends.native.frontend.vector_calls import has_many
from tinygraph.backends.native.frontend.views import View, contiguous
from tinygraph.core.errors import BackendError


class ArrayParameter(NamedTuple):
    """An array that a function takes.

    Attributes:
        name: in its source.
        dtype: of its numbers.
        lengths: of its axes, as source; None for a first one that nobody needs.
        strided: its distances are arguments too, else rows stand one after another.
    """

    name: str
    dtype: np.dtype[Any]
    lengths: tuple[str | None, ...]
    strided: bool = False


_PARSING = threading.RLock()


def parsed(source: str) -> ast.FunctionDef:
    """Return the one function that `source` defines; one thread at a time parses.

    CPython counts how deep it is in a tree once for all threads, and garbage that is
    collected on the way may let another one in (python/cpython#106905).
    """
    with _PARSING:
        (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    return function


def compiled(
    name: str,
    source: str,
    ints: Sequence[str],
    arrays: Sequence[ArrayParameter],
    runtime: Runtime,
) -> list[str]:
    """Return the lines of a function and its entry point.

    Args:
        name: of the entry point.
        source: one `def`, whose parameters are `ints` and the names of `arrays`.
        ints: the int64 parameters.
        arrays: which do not overlap.
        runtime: collects what the function calls.

    Raises:
        BackendError: a line cannot be compiled; names it, and with it its node.
    """
    function = parsed(source)
    outlines = len(arrays) >= MANY
    expressions = Expressions(Calls(Assembly(), runtime, inlines=not has_many(source)))
    for each in ints:
        expressions.names[each] = Value(f"%{each}", I64)
    for array in arrays:
        view = _view(expressions, array)
        named = Variable(f"%{array.name}.at", view) if outlines else view
        expressions.names[array.name] = named
    counts = assignments(function.body)
    statements = Statements(expressions, counts, name if outlines else None)
    try:
        statements.write(function.body)
    except Exception as problem:
        line = source.splitlines()[statements.line - 1].strip()
        raise BackendError(f"{line!r} in generated code: {problem}") from problem
    assembly = expressions.assembly
    body = [*assembly.variables, *assembly.lines, "}"]
    if outlines:
        return [*statements.outlined, *_reading(name, ints, arrays), *body]
    inner = f'@"{name}.body"'
    head = ", ".join([*(f"i64 %{each}" for each in ints), *map(_parameters, arrays)])
    return [
        f"define internal i32 {inner}({head}) #0 {{",
        ".begin:",
        *body,
        *_entry(name, inner, len(ints), arrays),
    ]


def _view(expressions: Expressions, array: ArrayParameter) -> View:
    lengths = [None if x is None else _length(x) for x in array.lengths]
    if array.strided:
        count = range(len(array.lengths))
        distances = [Value(f"%{array.name}.{axis}", I64) for axis in count]
    else:
        distances = contiguous(expressions.assembly, lengths)
    kind = type_of(array.dtype)
    return View(f"%{array.name}", kind, tuple(lengths), tuple(distances))


def _length(text: str) -> Value:
    """Return a length: a number, or one of the int parameters."""
    return whole(int(text)) if text.isdigit() else Value(f"%{text}", I64)


def _parameters(array: ArrayParameter) -> str:
    parts = [f"ptr noalias %{array.name}"]
    if array.strided:
        parts += [f"i64 %{array.name}.{axis}" for axis in range(len(array.lengths))]
    return ", ".join(parts)


def _reading(
    name: str, ints: Sequence[str], arrays: Sequence[ArrayParameter]
) -> list[str]:
    """Return the beginning of an entry point that reads its arguments itself.

    The address of an array is read wherever it is used: two thousand of them would
    have to be kept somewhere from the first step to the last, and handing them on takes
    LLVM the square of their number.
    """
    lines = [f"define i32 @{name}(ptr %numbers) #0 {{", ".begin:"]
    place = 0

    def read(text: str, *, whole: bool = True) -> None:
        nonlocal place
        found = f"getelementptr inbounds i64, ptr %numbers, i64 {place}"
        lines.append(f"  {text}{'.at' * whole} = {found}")
        if whole:
            lines.append(f"  {text} = load i64, ptr {text}.at")
        place += 1

    for each in ints:
        read(f"%{each}")
    for array in arrays:
        read(f"%{array.name}.at", whole=False)
        if array.strided:
            for axis in range(len(array.lengths)):
                read(f"%{array.name}.{axis}")
    return lines


def _entry(
    name: str, inner: str, ints: int, arrays: Sequence[ArrayParameter]
) -> list[str]:
    """Return the function that reads the arguments and calls the other one.

    The reads are volatile, which keeps them in order: LLVM compares all others with
    each other, for half a second where there are two thousand.
    """
    kinds = ["i64"] * ints
    for array in arrays:
        kinds.append("ptr")
        if array.strided:
            kinds += ["i64"] * len(array.lengths)
    lines = [f"define i32 @{name}(ptr %numbers) {{"]
    for i, kind in enumerate(kinds):
        lines += [
            f"  %p{i} = getelementptr inbounds i64, ptr %numbers, i64 {i}",
            f"  %v{i} = load volatile {kind}, ptr %p{i}",
        ]
    operands = ", ".join(f"{kind} %v{i}" for i, kind in enumerate(kinds))
    return [
        *lines,
        f"  %status = call i32 {inner}({operands})",
        "  ret i32 %status",
        "}",
    ]
