"""Halos: the slots of delays beside the steps of their source, in one buffer."""

from collections.abc import Iterable, Sequence

from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node


def halos_of(delays: Iterable[Delay]) -> dict[Node, list[Delay]]:
    """Return for each source the delays that share its buffer.

    In each direction these are the first delay, and those with the same `init`, for
    then what one sees there is right for the others. None has REPLICATE.
    """
    found: dict[Node, list[Delay]] = {}
    for delay in delays:
        sharing = found.setdefault(delay.source, [])
        if delay.outside != "replicate" and all(
            _agree(delay, other) for other in sharing
        ):
            sharing.append(delay)
    return found


def _agree(a: Delay, b: Delay) -> bool:
    """Return True if one place is never something else for each of two delays."""
    if (a.steps > 0) != (b.steps > 0):
        return True
    return a.outside == b.outside == "init" and a.slot is b.slot


def furthest(halos: Iterable[Sequence[Delay]]) -> set[Delay]:
    """Return the delays whose slots hold those of all others: one a direction."""
    return {
        max(each, key=_distance)
        for sharing in halos
        for each in (_looking(sharing, past=True), _looking(sharing, past=False))
        if each
    }


def _looking(sharing: Sequence[Delay], *, past: bool) -> list[Delay]:
    return [delay for delay in sharing if (delay.steps > 0) == past]


def _distance(delay: Delay) -> int:
    return abs(delay.steps)
