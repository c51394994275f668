"""Runs of equal cells, each reading the one below: drawn once, with ×n."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.model.node_texts import count_text
from tinygraph.drawing.model.picture import Box, Picture
from tinygraph.drawing.model.texts import Label, Moment

_NUMBER = re.compile(r"[\s._-]*\d+$")
_DIGITS = re.compile(r"\d+|⁽[⁰¹²³⁴-⁹]+⁾")
_LAYER = re.compile("⁽([⁰¹²³⁴-⁹]+)⁾")
_STATES = ("state", "held")


@dataclass(frozen=True)
class _Cell:
    """A cell: its module, and the states and leaves that belong to it alone.

    Attributes:
        module: the key of the module.
        keys: the keys of all its boxes, the module first.
        form: equal for cells that are drawn as one.
    """

    module: str
    keys: tuple[str, ...]
    form: tuple[object, ...]


def merge_repeats(
    picture: Picture, most: int | None, alone: Collection[str] = ()
) -> Picture:
    """Return the picture with every run of more than `most` equal cells drawn once.

    Cells are equal if their modules have one name but for a number at its end, the
    same ops inside, and as many states and delays. In a run each reads nothing but
    the one below it, and only the one above reads it.

    Args:
        alone: keys of modules that are in no run.
    """
    if most is None:
        return picture
    for run in _runs(picture, alone):
        if len(run) > most:
            picture = _merged(picture, run)
    return picture


class _Neighbours:
    """The boxes that each box reads, and that read it.

    Attributes:
        wire_heads, wire_tails: box → boxes that read it, that it reads, by wires.
        heads, tails: the same by wires and delays.
    """

    def __init__(self, picture: Picture) -> None:
        self.wire_heads, self.wire_tails, self.heads, self.tails = (
            {key: set[str]() for key in picture.boxes} for _ in range(4)
        )
        for wire in picture.wires:
            self.wire_heads[wire.tail].add(wire.head)
            self.wire_tails[wire.head].add(wire.tail)
            self._join(wire.tail, wire.head)
        for loop in picture.loops:
            self._join(loop.tail, loop.head)
            if loop.initial_source is not None:
                self._join(loop.initial_source, loop.head)

    def _join(self, tail: str, head: str) -> None:
        self.heads[tail].add(head)
        self.tails[head].add(tail)


def _runs(picture: Picture, alone: Collection[str]) -> list[list[_Cell]]:
    neighbours = _Neighbours(picture)
    cells = {
        box.key: _cell_of(picture, box, neighbours)
        for box in picture.boxes.values()
        if box.scope and box.key not in alone
    }
    owner = {key: cell.module for cell in cells.values() for key in cell.keys}
    above: dict[str, str] = {}
    for cell in cells.values():
        readers = {owner.get(key, key) for key in _around(cell, neighbours.heads)}
        if len(readers) != 1 or (upper := cells.get(readers.pop())) is None:
            continue
        if upper.form == cell.form and _around(upper, neighbours.tails) <= {*cell.keys}:
            above[cell.module] = upper.module
    runs = []
    lower = {*above.values()}
    for key in above:
        if key not in lower:
            run = [cells[key]]
            while run[-1].module in above:
                run.append(cells[above[run[-1].module]])
            runs.append(run)
    return runs


def _around(cell: _Cell, neighbours: Mapping[str, set[str]]) -> set[str]:
    """Return the boxes that a cell reads, or that read it."""
    return {other for key in cell.keys for other in neighbours[key]} - {*cell.keys}


def _cell_of(picture: Picture, module: Box, neighbours: _Neighbours) -> _Cell:
    """Return the cell of a module, its boxes in the order in which they are joined."""
    own = {module.key: None}
    for key in sorted(neighbours.wire_heads[module.key]):
        if picture.boxes[key].role in _STATES and neighbours.wire_tails[key] == {
            module.key
        }:
            own[key] = None
    for key in [*own]:
        for held in sorted(
            neighbours.heads[key] - neighbours.wire_heads[key] - own.keys()
        ):
            role = picture.boxes[held].role
            if role == "held" and neighbours.wire_heads[held] <= own.keys():
                own[held] = None
    for key in [*own]:
        for leaf in sorted(neighbours.wire_tails[key] - own.keys()):
            box = picture.boxes[leaf]
            plain = (
                box.time is None and not neighbours.wire_tails[leaf] and not box.scope
            )
            if plain and neighbours.wire_heads[leaf] <= own.keys():
                own[leaf] = None
    boxes = [picture.boxes[key] for key in own]
    kinds = tuple((b.role, b.time, _DIGITS.sub("", b.label.text)) for b in boxes)
    name = _NUMBER.sub("", module.label.text)
    delays = tuple(len(neighbours.heads[key] & own.keys()) for key in own)
    return _Cell(module.key, tuple(own), (name, module.inside, kinds, delays))


def _merged(picture: Picture, run: list[_Cell]) -> Picture:
    """Return the picture with the lowest cell of a run in place of all."""
    first, last = run[0], run[-1]
    gone = {key for cell in run[1:] for key in cell.keys}
    now = dict(zip(last.keys, first.keys, strict=True))
    boxes = {key: box for key, box in picture.boxes.items() if key not in gone}
    for position, key in enumerate(first.keys):
        same = [picture.boxes[cell.keys[position]] for cell in run]
        shows = tuple(node for box in same for node in box.shows)
        boxes[key] = replace(boxes[key], shows=shows)
        if key != first.module:
            label = _label_of_all([box.label for box in same])
            boxes[key] = replace(boxes[key], label=label)
    modules = [picture.boxes[cell.module] for cell in run]
    boxes[first.module] = _titled(boxes[first.module], modules)
    wires = [
        replace(wire, tail=now.get(wire.tail, wire.tail))
        for wire in picture.wires
        if wire.head not in gone and wire.tail not in gone - {*last.keys}
    ]
    loops = [
        replace(
            loop,
            tail=now.get(loop.tail, loop.tail),
            initial_source=now.get(loop.initial_source or "", loop.initial_source),
        )
        for loop in picture.loops
        if loop.head not in gone
    ]
    return replace(picture, boxes=boxes, wires=wires, loops=loops)


def _label_of_all(labels: list[Label]) -> Label:
    """Return the label of one box for several: h⁽¹⁻⁴⁾, or hₜ ×4 without numbers."""
    first, last = labels[0], labels[-1]
    if _LAYER.search(first.text):
        end = "".join(_LAYER.findall(last.text))
        return replace(first, text=_LAYER.sub(rf"⁽\1⁻{end}⁾", first.text))
    text = first.text
    if first.in_time and "ₜ" not in text:
        text += Moment().subscript
    return replace(first, text=f"{text} ×{len(labels)}")


def _titled(box: Box, modules: Sequence[Box]) -> Box:
    name, count = _NUMBER.sub("", box.label.text), len(modules)
    total = count_text(sum(module.count for module in modules))
    below = box.label.below.replace(count_text(box.count), total)
    label = Label(f"{name} ×{count}", below)
    return replace(box, label=label, hover=f"{box.hover}, one of {count} such layers")
