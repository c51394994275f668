"""Simpler choices that still break a law: fewer of them, then smaller numbers."""

import time
from collections.abc import Callable, Iterator, Sequence


def shrunk(
    numbers: Sequence[int],
    breaks: Callable[[Sequence[int]], Sequence[int] | None],
    seconds: float,
) -> list[int]:
    """Return a shorter, smaller list of choices that breaks the same law.

    Args:
        numbers: the choices.
        breaks: returns those of the choices that were made, if the law breaks, else
            None.
        seconds: when to stop.
    """
    best, end, better = list(numbers), time.monotonic() + seconds, True
    while better:
        better = False
        for simpler in _simpler(best):
            if time.monotonic() > end:
                return best
            made = breaks(simpler)
            if made is not None and _size(made) < _size(best):
                best, better = list(made), True
                break
    return best


def _size(numbers: Sequence[int]) -> tuple[int, list[int]]:
    return len(numbers), list(numbers)


def _simpler(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield lists with a stretch left out, with zeros, or with one number lower."""
    n = len(numbers)
    for size in (64, 32, 16, 8, 4, 3, 2, 1):
        for at in range(n - size, -1, -max(size // 2, 1)):
            yield [*numbers[:at], *numbers[at + size :]]
    for size in (16, 4, 1):
        for at in range(0, n, size):
            part = numbers[at : at + size]
            if any(part):
                yield [*numbers[:at], *[0] * len(part), *numbers[at + size :]]
    for at, number in enumerate(numbers):
        if number > 1:
            for less in dict.fromkeys((number // 2, number - 1)):
                yield [*numbers[:at], less, *numbers[at + 1 :]]
