"""Arrays in LLVM IR, and rows of them: a pointer, lengths, distances."""

from collections.abc import Sequence
from typing import NamedTuple

from tinygraph.backends.native.frontend.assembly import Assembly
from tinygraph.backends.native.frontend.places import plus, times
from tinygraph.backends.native.frontend.scalars import (
    BOOL,
    ScalarType,
    Value,
    whole,
)


class View(NamedTuple):
    """An array, or a part of one.

    Attributes:
        pointer: the name of the address of its first number.
        type: of its numbers.
        lengths: of its axes; None where nobody needs it.
        distances: from one place along an axis to the next, in numbers.
    """

    pointer: str
    type: ScalarType
    lengths: tuple[Value | None, ...]
    distances: tuple[Value, ...]

    def at(
        self, assembly: Assembly, places: Sequence[Value | tuple[Value, Value]]
    ) -> "View":
        """Return the part at places along the first axes; a pair is (start, stop)."""
        offset = whole(0)
        lengths: list[Value | None] = []
        distances: list[Value] = []
        for place, distance in zip(places, self.distances, strict=False):
            if not isinstance(place, Value):
                first, stop = place
                minus = times(assembly, first, whole(-1))
                lengths.append(plus(assembly, stop, minus))
                distances.append(distance)
                place = first
            offset = plus(assembly, offset, times(assembly, place, distance))
        count = len(places)
        return View(
            self.moved(assembly, offset),
            self.type,
            (*lengths, *self.lengths[count:]),
            (*distances, *self.distances[count:]),
        )

    def moved(self, assembly: Assembly, offset: Value) -> str:
        """Return the address so many numbers further on."""
        if offset.known == 0:
            return self.pointer
        return assembly.pure(
            f"getelementptr inbounds {self.type.stored}, ptr {self.pointer}, "
            f"i64 {offset.text}"
        )

    def load(self, assembly: Assembly) -> Value:
        """Read the number of a part without axes."""
        text = assembly.give(f"load {self.type.stored}, ptr {self.pointer}")
        if self.type is BOOL:
            text = assembly.give(f"icmp ne i8 {text}, 0")
        return Value(text, self.type)

    def store(self, assembly: Assembly, value: Value) -> None:
        """Write the number of a part without axes."""
        value = assembly.converted(value, self.type)
        text = value.text
        if self.type is BOOL:
            text = assembly.give(f"zext i1 {text} to i8")
        assembly.run(f"store {self.type.stored} {text}, ptr {self.pointer}")


def contiguous(assembly: Assembly, lengths: Sequence[Value | None]) -> list[Value]:
    """Return the distances of an array whose rows stand one after another."""
    distance, found = whole(1), [whole(1)]
    for length in reversed(lengths[1:]):
        assert length is not None, "only the first length may be unknown"
        distance = times(assembly, distance, length)
        found.append(distance)
    return found[::-1]
