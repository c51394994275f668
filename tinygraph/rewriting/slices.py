"""Slices along the last axis: which reader takes which columns of a node."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.ops.joining import CONCAT
from tinygraph.ops.slicing import FULL, INDEX
from tinygraph.rewriting.facts import Facts


class Stretch(NamedTuple):
    """A slice [start, stop) along the last axis, and its only reader."""

    start: int
    stop: int
    node: Node
    reader: Node


def bounds(node: Node, axis: int = -1) -> tuple[int, int] | None:
    """Return (start, stop) if a node is a slice of one axis (negative) alone."""
    if node.op is not INDEX or node.ndim < -axis:
        return None
    items = list(node.attrs["items"])
    item = items.pop(axis)
    if any(each != FULL for each in items) or not isinstance(item, tuple):
        return None
    size = node.inputs[0].type.shape[axis]
    if not isinstance(size, int) or item[2] != 1:
        return None
    taken = range(*slice(*item).indices(size))
    return (taken.start, taken.stop) if taken else None


def part_places(whole: Node) -> list[tuple[int, int]]:
    """Return where the parts of a concat lie along its axis."""
    axis = whole.attrs["axis"]
    if len(whole.inputs) == 1:
        return []
    return cuts(int(x.type.shape[axis]) for x in whole.inputs)


def parts_of(x: Node, axis: int = -1) -> list[Node]:
    """Return the nodes that, side by side along an axis, are a node.

    The parts of a concat, of those that are concats too, and of a slice that ends where
    parts of a concat do. A node that is none of these is its own only part.
    """
    found: list[Node] = []
    stack = [x]
    while stack:
        node = stack.pop()
        parts = parts_within(node, axis)
        stack += parts[::-1]
        found += () if parts else (node,)
    return found


def parts_within(x: Node, axis: int = -1) -> Sequence[Node]:
    """Return the parts of a concat, or those that a slice of one takes; else none."""
    place = bounds(x, axis)
    whole = x if place is None else x.inputs[0]
    if whole.op is not CONCAT or whole.attrs["axis"] != axis:
        return ()
    if any(part.dtype != x.dtype for part in whole.inputs):
        return ()
    if place is None:
        return whole.inputs
    places = part_places(whole)
    own = [i for i, (a, b) in enumerate(places) if place[0] <= a and b <= place[1]]
    if not own or (places[own[0]][0], places[own[-1]][1]) != place:
        return ()
    return whole.inputs[own[0] : own[-1] + 1]


def wholes_among(nodes: Iterable[Node], facts: Facts) -> list[Node]:
    """Return those of which the graph reads slices, in their order."""
    cut_up = {x.inputs[0] for x in facts.by_op.get(INDEX, ())}
    return [node for node in nodes if node in cut_up] if cut_up else []


def stretches(facts: Facts, whole: Node) -> list[Stretch]:
    """Return the slices of a node that have one reader each, in order."""
    found = []
    for user in facts.users[whole]:
        place = bounds(user)
        if place is not None and facts.used_once(user):
            found.append(Stretch(*place, user, facts.users[user][0]))
    return sorted(found, key=lambda s: (s.start, s.stop))


def runs(parts: Iterable[Stretch]) -> list[list[Stretch]]:
    """Cut into runs of two and more slices that lie side by side without gap."""
    found: list[list[Stretch]] = []
    for part in parts:
        if found and found[-1][-1].stop == part.start:
            found[-1].append(part)
        elif not found or found[-1][-1].stop <= part.start:
            found.append([part])
    return [run for run in found if len(run) > 1]


def cut(whole: Node, start: int, stop: int, axis: int = -1) -> Node:
    """Return the stretch [start, stop) of an axis (negative); the whole as it is."""
    if start == 0 and stop == whole.type.shape[axis]:
        return whole
    items: list[Any] = [FULL] * whole.ndim
    items[axis] = (start, stop, 1)
    return apply(INDEX, whole, items=tuple(items))


def width(x: Node) -> int:
    """Return the length of the last axis; it must not be a name."""
    size = x.type.shape[-1]
    assert isinstance(size, int)
    return size


def cuts(sizes: Iterable[int]) -> list[tuple[int, int]]:
    """Return (start, stop) of parts of these sizes laid side by side."""
    ends = [0, *itertools.accumulate(sizes)]
    return list(itertools.pairwise(ends))
