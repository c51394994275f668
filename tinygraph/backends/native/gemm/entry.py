"""Entries for callers from Python, in LLVM IR: arguments are read from an array."""

from collections.abc import Sequence
from typing import Any

from tinygraph.backends.native.gemm.ir_builder import BIT, FunctionWriter
from tinygraph.backends.native.kernels.ir_loops import POINTER, number
from tinygraph.backends.native.kernels.ir_values import I64


def entry_name(name: str) -> str:
    """Return the name of the entry of a function."""
    return f"{name}_entry"


class Entry(FunctionWriter):
    """Writes the function of the address of another one's arguments.

    They stand in the array as int64: numbers, addresses, 0 or 1 for a truth.

    Args:
        name: of the other function, as it was given to its writer.
        kinds: of its arguments.
        writer: of the other function.
    """

    def __init__(
        self, module: Any, name: str, kinds: Sequence[Any], writer: FunctionWriter
    ) -> None:
        super().__init__(module, writer.shape, entry_name(name), [POINTER])
        build, (numbers,) = self.builder, self.function.args
        operands = []
        for place, kind in enumerate(kinds):
            spot = build.gep(numbers, [number(place)], source_etype=I64)
            value = build.load(spot, typ=I64 if kind is BIT else kind)
            operands.append(build.trunc(value, BIT) if kind is BIT else value)
        build.call(writer.function, operands)
        build.ret_void()
