"""Where the choices of a random graph come from: a seed, a list, or Hypothesis.

All choices are numbers below a count, 0 the simplest. So a graph is a list of numbers,
which can be kept, made simpler, and grown again.
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
        parts = [make() for _ in range(least)]
        likely = max(min(least + 5, (least + most) // 2) - least, 1)
        while len(parts) < most and self.below(likely + 1):
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


def by_bytes(numbers: bytes) -> Recorded:
    """Return the choices that bytes make, each a part of 256 of its count; then zeros.

    Example:
        >>> from tinygraph.testing.choices import by_bytes
        >>> choices = by_bytes(bytes([255, 128]))
        >>> [choices.below(10), choices.below(10), choices.below(10)]
        [9, 5, 0]
    """
    left = iter(numbers)
    return Recorded(lambda count: next(left, 0) * count >> 8)
