"""Rows whose ends are free for delays: first what they enter, last what they leave."""

from collections.abc import Collection, Iterable, Sequence

from tinygraph.drawing.layout.dot_layout import DotInput, DotLayout, with_rows_reordered
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.lanes import Ports
from tinygraph.drawing.model.picture import DelayLoop

End = tuple[str, bool]
"""A box, and whether a delay enters or leaves it on the right."""


def in_order_of_time(
    dot_input: DotInput,
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    rounds: Collection[str],
    engine: Engine,
) -> DotLayout:
    """Return the layout in which delays come from the left and leave to the right.

    Rows are ordered anew where a box stands in the way of a delay. Folded and unfolded
    pictures both ask for this order, so that a box stands at the same place in both.
    """
    ends: list[End] = []
    for loop in loops:
        past = loop.steps > 0
        own = [(loop.head, not past), (loop.tail, past)]
        ends += [end for end in own if end[0] in layout.rects]
    return with_free_ends(dot_input, layout, ends, rounds, engine)


def with_free_ends(
    dot_input: DotInput,
    layout: DotLayout,
    ends: Sequence[End],
    rounds: Collection[str],
    engine: Engine,
) -> DotLayout:
    """Return the layout with boxes at the ends of their rows where others block them.

    Args:
        rounds: keys of round boxes.
    """
    if are_free(layout, ends, rounds):
        return layout
    sides: dict[str, int] = {}
    for key, right in ends:
        sides.setdefault(key, 1 if right else -1)
    return with_rows_reordered(dot_input, layout, sides, engine)


def are_free(layout: DotLayout, ends: Iterable[End], rounds: Collection[str]) -> bool:
    """Return True where nothing in their rows blocks these ends."""
    ports = Ports(layout.rects, rounds)
    return all(ports.is_free(*end) for end in ends)
