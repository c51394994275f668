"""Equal cells one upon the other: drawn once, with ×n."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tinygraph.drawing.picture import Box, Loop, Picture, Wire
from tinygraph.drawing.texts import Label

_NUMBER = re.compile(r"[\s._-]*\d+$")
_STATES = ("state", "held")


@dataclass(frozen=True)
class _Unit:
    """A cell: its module, and the states and leaves that belong to it alone.

    Attributes:
        module: the key of the module.
        keys: the keys of all its boxes, the module first.
        form: what two equal cells have in common.
    """

    module: str
    keys: tuple[str, ...]
    form: tuple[object, ...]


def drawn_once(picture: Picture, most: int | None) -> Picture:
    """Return the picture with every run of more than `most` equal cells drawn once.

    Cells are equal if their modules have one name but for a number at its end, the
    same ops inside, and as many states and delays. In a run each reads nothing but
    the one below it, and only the one above reads it.
    """
    if most is None:
        return picture
    for run in _runs(picture):
        if len(run) > most:
            picture = _merged(picture, run)
    return picture


def _runs(picture: Picture) -> list[list[_Unit]]:
    units = {}
    for box in picture.boxes.values():
        if box.scope:
            unit = _unit(picture, box)
            units[box.key] = unit
    owner = {key: unit.module for unit in units.values() for key in unit.keys}
    above: dict[str, str] = {}
    below: dict[str, str] = {}
    for unit in units.values():
        readers = {owner.get(head, head) for head in _read_by(picture, unit)}
        if len(readers) == 1 and (upper := readers.pop()) in units:
            others = _reads(picture, units[upper]) - {*unit.keys}
            if not others and units[upper].form == unit.form:
                above[unit.module] = upper
                below[upper] = unit.module
    runs = []
    for key in units:
        if key in below or key not in above:
            continue
        run = [units[key]]
        while run[-1].module in above:
            run.append(units[above[run[-1].module]])
        runs.append(run)
    return runs


def _unit(picture: Picture, module: Box) -> _Unit:
    """Return the cell of a module, its boxes in the order of the picture."""
    feeds: dict[str, set[str]] = {key: set() for key in picture.boxes}
    fed: dict[str, set[str]] = {key: set() for key in picture.boxes}
    for tail, head in _ends(picture.wires, ()):
        feeds[tail].add(head)
        fed[head].add(tail)
    own = {module.key}
    for key, box in picture.boxes.items():
        if box.kind in _STATES and fed[key] == {module.key}:
            own.add(key)
    for loop in picture.loops:
        if loop.tail in own and picture.boxes[loop.head].kind == "held":
            own |= {loop.head} if feeds[loop.head] <= own else set()
    for key, box in picture.boxes.items():
        leaf = box.time is None and not fed[key] and not box.scope
        if leaf and feeds[key] and feeds[key] <= own:
            own.add(key)
    keys = (module.key, *(k for k in picture.boxes if k in own and k != module.key))
    loops = [k for k in picture.loops if k.tail in own and k.head in own]
    name = _NUMBER.sub("", module.label.text)
    kinds = tuple((picture.boxes[key].kind, picture.boxes[key].time) for key in keys)
    steps = tuple(sorted(loop.steps for loop in loops))
    return _Unit(module.key, keys, (name, module.inside, kinds, steps))


def _ends(wires: Iterable[Wire], loops: Iterable[Loop]) -> Iterable[tuple[str, str]]:
    yield from ((wire.tail, wire.head) for wire in wires)
    for loop in loops:
        yield loop.tail, loop.head
        if loop.source is not None:
            yield loop.source, loop.head


def _read_by(picture: Picture, unit: _Unit) -> set[str]:
    ends = _ends(picture.wires, picture.loops)
    return {head for tail, head in ends if tail in unit.keys and head not in unit.keys}


def _reads(picture: Picture, unit: _Unit) -> set[str]:
    ends = _ends(picture.wires, picture.loops)
    return {tail for tail, head in ends if head in unit.keys and tail not in unit.keys}


def _merged(picture: Picture, run: list[_Unit]) -> Picture:
    """Return the picture with the lowest cell of a run in place of all."""
    first, last = run[0], run[-1]
    gone = {key for unit in run[1:] for key in unit.keys}
    now = dict(zip(last.keys, first.keys, strict=True))
    boxes = {key: box for key, box in picture.boxes.items() if key not in gone}
    for place, key in enumerate(first.keys):
        same = [picture.boxes[unit.keys[place]] for unit in run]
        shows = tuple(node for box in same for node in box.shows)
        boxes[key] = replace(boxes[key], shows=shows)
    boxes[first.module] = _titled(boxes[first.module], len(run))
    wires = [
        replace(wire, tail=now.get(wire.tail, wire.tail))
        for wire in picture.wires
        if wire.head not in gone and wire.tail not in gone - {*last.keys}
    ]
    loops = [loop for loop in picture.loops if loop.head not in gone]
    return replace(picture, boxes=boxes, wires=wires, loops=loops)


def _titled(box: Box, count: int) -> Box:
    name = _NUMBER.sub("", box.label.text)
    label = Label(f"{name} ×{count}", box.label.below)
    return replace(box, label=label, about=f"{box.about}, one of {count} such layers")
