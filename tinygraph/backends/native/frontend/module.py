"""All functions of a program as one module of LLVM IR."""

from collections.abc import Sequence

from tinygraph.backends.native.codegen.functions import INTS, Function
from tinygraph.backends.native.frontend.functions import ArrayParameter, compiled
from tinygraph.backends.native.frontend.runtime import Runtime
from tinygraph.backends.native.ir.indices import size

_ATTRIBUTES = "attributes #0 = { noinline nounwind }\n"


def module_text(functions: Sequence[Function]) -> str:
    """Return the module of functions, each with an entry point of its name."""
    runtime = Runtime()
    lines: list[str] = []
    for function in functions:
        arrays = [
            ArrayParameter(each.name, each.dtype, each.lengths, each.layout == "A")
            for each in function.arrays
        ]
        ints = [*INTS, *map(size, function.sizes)]
        lines += compiled(function.name, function.source, ints, arrays, runtime)
    return joined(runtime, lines)


def joined(runtime: Runtime, lines: Sequence[str]) -> str:
    """Return the module of functions and of what they call."""
    return "\n".join([*runtime.lines(), *lines, _ATTRIBUTES])
