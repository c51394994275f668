"""Where the choices of a random graph come from: a seed, a list, or Hypothesis.

All choices are numbers below a count, 0 the simplest. So a graph is a list of numbers,
which can be kept, made simpler, and grown again. Those of Hypothesis come in strings of
bytes, one for each stage of growth and each move, so that it can leave a move out.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


class Choices(ABC):
    """Makes the choices of a growth."""

    @abstractmethod
    def below(self, count: int) -> int:
        """Return 0, 1, ... or count - 1."""

    @abstractmethod
    def several(self, make: Callable[[], Part], least: int, most: int) -> list[Part]:
        """Return what `make` returns, called from `least` to `most` times."""

    @abstractmethod
    def moves(self, make: Callable[[], Part], least: int, most: int) -> list[Part]:
        """Return several, the choices of each apart from those of the others."""

    @abstractmethod
    def stage(self) -> None:
        """Begin a stage, whose choices are apart from those before."""


class Recorded(Choices):
    """Choices by a function, written down in `numbers`."""

    def __init__(self, number: Callable[[int], int]) -> None:
        self.numbers: list[int] = []
        self._number = number

    def below(self, count: int) -> int:
        """Return the next number, and write it down."""
        number = self._number(count)
        self.numbers.append(number)
        return number

    def several(self, make: Callable[[], Part], least: int, most: int) -> list[Part]:
        """Each time it is chosen whether to go on, so that a part can be left out."""
        return _while_chosen(self, make, least, most)

    def moves(self, make: Callable[[], Part], least: int, most: int) -> list[Part]:
        """All choices are in one list: as `several`."""
        return _while_chosen(self, make, least, most)

    def stage(self) -> None:
        """All choices are in one list: nothing begins."""


class Parted(Choices):
    """Choices that bytes make, each what is left of it by its count; then zeros.

    Example:
        >>> from tinygraph.testing.choices import Parted
        >>> choices = Parted([bytes([255, 4]), bytes([27])], [])
        >>> [choices.below(10), choices.below(10), choices.below(10)]
        [5, 4, 0]
        >>> choices.stage()
        >>> choices.below(10)
        7
    """

    def __init__(self, stages: Sequence[bytes], moves: Sequence[bytes]) -> None:
        self._stages, self._moves = iter(stages), moves
        self.stage()

    def stage(self) -> None:
        """Read the bytes of the next stage."""
        self._left = iter(next(self._stages, b""))

    def below(self, count: int) -> int:
        """Return the next byte's remainder."""
        return next(self._left, 0) % count

    def several(self, make: Callable[[], Part], least: int, most: int) -> list[Part]:
        """Each time it is chosen whether to go on, so that a part can be left out."""
        return _while_chosen(self, make, least, most)

    def moves(self, make: Callable[[], Part], least: int, most: int) -> list[Part]:
        """Return one for each string of bytes; their number is within the bounds."""
        made, stage = [], self._left
        for each in self._moves:
            self._left = iter(each)
            made.append(make())
        self._left = stage
        return made


def _while_chosen(
    choices: Choices, make: Callable[[], Part], least: int, most: int
) -> list[Part]:
    parts = [make() for _ in range(least)]
    likely = max(min(least + 5, (least + most) // 2) - least, 1)
    while len(parts) < most and choices.below(likely + 1):
        parts.append(make())
    return parts


def by_seed(seed: str | int) -> Recorded:
    """Return pseudo-random choices."""
    draw = random.Random(seed).random
    return Recorded(lambda count: int(draw() * count))


def by_numbers(numbers: Sequence[int]) -> Recorded:
    """Return the choices that were written down, brought below each count; then zeros.

    Example:
        >>> from tinygraph.testing.choices import by_numbers
        >>> choices = by_numbers([1, 7])
        >>> [choices.below(3), choices.below(3), choices.below(3)]
        [1, 2, 0]
    """
    left = iter(numbers)
    return Recorded(lambda count: min(next(left, 0), count - 1))
