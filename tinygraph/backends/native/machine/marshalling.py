"""Arguments of generated functions: native code takes them as one array of numbers.

An array is described by its address; where its layout is open, then by its distances
along the axes, in numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.backends.native.codegen.functions import Argument
from tinygraph.semantics.binding import Array


def length(argument: Argument) -> int:
    """Return how many numbers describe an array argument."""
    return 1 + argument.ndim * (argument.layout == "A")


class Shard:
    """The arguments of a function for some of the rows.

    Attributes:
        ints: start and seed of a call, first and last row, sizes.
        arrays: in the order of the function's arguments; None for what calls bring.
        info: which failure, and its numbers.
        packed: all of them as native code takes them.
        address: of `packed`.
    """

    def __init__(self, ints: list[int]) -> None:
        self.ints = ints
        self.arrays: list[Any] = []
        self.info = np.zeros(3, np.int64)
        self.packed = np.empty(0, np.int64)
        self.address = 0

    def pack(self, arguments: Sequence[Argument]) -> None:
        """Lay all arguments out as numbers."""
        numbers = list(self.ints)
        for argument, array in zip(arguments, self.arrays, strict=True):
            unknown = [0] * length(argument)
            numbers += unknown if array is None else described(array, argument)
        self.packed = np.array(numbers, np.int64)
        self.address = self.packed.ctypes.data

    def begin(self, start: int, seed: int) -> None:
        """Set what a call says."""
        self.ints[:2] = self.packed[:2] = start, seed


@dataclass
class LateArgument:
    """An array argument that each call brings.

    Attributes:
        argument: which it is.
        place: among the arrays.
        at: among the numbers.
        prepare: makes it what the function takes.
        lasting: a parameter: many calls bring the same array, which is described once.
        seen: the array that is described now and will stay as it is.
    """

    argument: Argument
    place: int
    at: int
    prepare: Callable[[Any], Array]
    lasting: bool
    seen: Any = None

    def fill_in(self, value: Any, shards: Sequence[Shard], stays: bool) -> Array:
        """Put the value of a call into the arguments; return what must stay alive."""
        array = self.prepare(value)
        numbers = described(array, self.argument)
        kept = self.lasting and stays
        for shard in shards:
            shard.packed[self.at : self.at + len(numbers)] = numbers
            if kept:
                shard.arrays[self.place] = array
        self.seen = value if kept else None
        return array


def described(array: Array, argument: Argument) -> list[int]:
    """Return an array as native code takes it."""
    address: int = array.ctypes.data
    if argument.layout == "C":
        return [address]
    return [address, *(stride // array.itemsize for stride in array.strides)]
