"""Where an op reads its operands: index of the result → index of an operand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.core.types import Dim, Shape
from tinygraph.ops.slicing import FULL, Item


@dataclass(frozen=True)
class Index:
    """A place along one axis: `text + offset`, Python source.

    Attributes:
        text: of loop variables, or empty for a constant.
        offset: added to it.
        uses: the variables that it depends on.
    """

    text: str = ""
    offset: int = 0
    uses: frozenset[str] = frozenset()

    def __str__(self) -> str:
        if not self.text:
            return str(self.offset)
        return f"{self.text} + {self.offset}" if self.offset else self.text

    def plus(self, offset: int) -> "Index":
        """Return the place `offset` further on."""
        return Index(self.text, self.offset + offset, self.uses)


Indices = tuple[Index, ...]
ZERO = Index()


def variable(name: str) -> Index:
    """Return the place that a loop variable stands for."""
    return Index(name, 0, frozenset([name]))


def size(dim: Dim) -> str:
    """Return the source of a length: a number, or the variable of a name."""
    return f"n_{identifier(dim)}" if isinstance(dim, str) else str(dim)


def identifier(name: str) -> str:
    """Return a name as part of a Python identifier, different for each name."""
    kept = name.replace("_", "__")
    return "".join(
        c if c.isascii() and (c.isalnum() or c == "_") else f"_{ord(c):x}_"
        for c in kept
    )


def aligned(shape: Shape, index: Indices) -> Indices:
    """Return the index of what broadcasts, from the right, to a result's index."""
    lead = len(index) - len(shape)
    return tuple(ZERO if dim == 1 else index[lead + i] for i, dim in enumerate(shape))


def transposed(axes: Sequence[int], index: Indices) -> Indices:
    """Return the index before a transposition by negative axes."""
    found = [ZERO] * len(axes)
    for place, axis in zip(index, axes, strict=True):
        found[axis] = place
    return tuple(found)


def sliced(items: Sequence[Item], shape: Shape, index: Indices) -> Indices:
    """Return the index before basic slicing; see `tinygraph.ops.slicing`."""
    places = []
    rest = iter(index)
    for item, dim in zip(items, shape, strict=True):
        if isinstance(item, tuple):
            places.append(_stepped(next(rest), item, dim))
        elif item >= 0 or isinstance(dim, str):
            places.append(Index(offset=item))
        else:
            places.append(Index(offset=item + dim))
    return tuple(places)


def _stepped(place: Index, item: tuple[int | None, int | None, int], dim: Dim) -> Index:
    if item == FULL:
        return place
    if isinstance(dim, str):
        return mirrored(place, dim)
    taken = range(dim)[slice(*item)]
    return scaled(place, taken.step).plus(taken.start)


def replaced(index: Indices, axis: int, place: Index) -> Indices:
    """Return an index with another place along a (negative) axis."""
    at = axis + len(index)
    return (*index[:at], place, *index[at + 1 :])


def mirrored(place: Index, dim: Dim) -> Index:
    """Return the place counted from the other end."""
    return Index(f"({size(dim)} - 1 - ({place}))", 0, place.uses)


def scaled(place: Index, step: int) -> Index:
    """Return a place times a number."""
    if step == 1:
        return place
    if not place.text:
        return Index(offset=place.offset * step)
    return Index(f"{step} * ({place})", 0, place.uses)


def reshaped(old: Shape, new: Shape, index: Indices) -> Indices:
    """Return the index before a reshape from `old` to `new`."""
    plain = [place for place, dim in zip(index, new, strict=True) if dim != 1]
    if [dim for dim in old if dim != 1] == [dim for dim in new if dim != 1]:
        rest = iter(plain)
        return tuple(ZERO if dim == 1 else next(rest) for dim in old)
    flat = flattened(new, index)
    places = []
    for i, dim in enumerate(old):
        if dim == 1:
            places.append(ZERO)
            continue
        inner = volume(old[i + 1 :])
        text = flat.text or "0"
        if inner != "1":
            text = f"{text} // ({inner})"
        if i:
            text = f"({text}) % {size(dim)}"
        places.append(Index(f"({text})", 0, flat.uses))
    return tuple(places)


def flattened(shape: Shape, index: Indices) -> Index:
    """Return the number of an element, rows first."""
    text, uses = "", frozenset[str]()
    for place, dim in zip(index, shape, strict=True):
        if dim == 1:
            continue
        text = f"({text}) * {size(dim)} + {place}" if text else str(place)
        uses |= place.uses
    return Index(f"({text})", 0, uses) if text else ZERO


def volume(shape: Shape) -> str:
    """Return the source of the number of elements of a shape."""
    number = math.prod(dim for dim in shape if isinstance(dim, int))
    names = [size(dim) for dim in shape if isinstance(dim, str)]
    if number == 1 and names:
        return " * ".join(names)
    return " * ".join([str(number), *names])
