"""The spine: the longest path through a step, which is drawn as a straight line."""

from collections.abc import Collection, Sequence

from tinygraph.drawing.model.picture import Box, Wire

PathScore = tuple[int, int]
"""(number of edges, minus the number of boxes that a delay enters): more is better."""


def spine(
    boxes: Sequence[Box],
    wires: Sequence[Wire],
    entered: Collection[str],
    from_first: bool = False,
) -> set[tuple[str, str]]:
    """Return the (tail, head) pairs of the longest way up from an input.

    Args:
        from_first: it may go on where the end of one sequence starts another.

    Of ways of one length the one with fewer delays entering it is taken, so that
    recurrent edges come in from the side; then the first.
    """
    starts = [box.key for box in boxes if box.role == "input" and box.time]
    best: dict[str, PathScore] = dict.fromkeys(starts or [b.key for b in boxes], (0, 0))
    through: dict[str, str] = {}
    for wire in _in_order(boxes, wires):
        if wire.tail not in best or (wire.initial and not from_first):
            continue
        length, entries = best[wire.tail]
        way = (length + 1, entries - (wire.head in entered))
        if way > best.get(wire.head, (-1, 0)):
            best[wire.head] = way
            through[wire.head] = wire.tail
    if not through:
        return set()
    end = max(through, key=lambda key: best[key])
    found = set()
    while end in through and (through[end], end) not in found:
        found.add((through[end], end))
        end = through[end]
    return found


def _in_order(boxes: Sequence[Box], wires: Sequence[Wire]) -> list[Wire]:
    """Return wires so that all into a box come before all out of it (Kahn, 1962).

    Wires on a cycle, which collapsed scopes can make, are left out.
    """
    onward: dict[str, list[Wire]] = {box.key: [] for box in boxes}
    missing = dict.fromkeys(onward, 0)
    for wire in wires:
        onward[wire.tail].append(wire)
        missing[wire.head] += 1
    ready = [key for key, count in missing.items() if not count]
    found = []
    for key in ready:
        for wire in onward[key]:
            found.append(wire)
            missing[wire.head] -= 1
            if not missing[wire.head]:
                ready.append(wire.head)
    return found
