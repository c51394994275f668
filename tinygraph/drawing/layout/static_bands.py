"""Where static boxes stand in an unfolded picture: below, between or above panels.

A panel is the row of steps of one time axis. Panels are stacked in the order in
which values flow; below, between and above them lie bands of static boxes.
"""

from dataclasses import dataclass

from tinygraph.core.traversal import reach
from tinygraph.drawing.model.picture import Picture


@dataclass(frozen=True)
class Stacking:
    """The order of panels and bands, from below.

    Attributes:
        axes: the time axes, from the lowest panel to the highest.
        bands: static box → the number of panels below it.
        beside: panels stand beside each other, from the left, and every band but the
            first above all of them.
    """

    axes: list[str]
    bands: dict[str, int]
    beside: bool = False

    def is_above(self, static: str, axis: str) -> bool:
        """Return whether a static box stands above the panel of an axis."""
        band = self.bands[static]
        return band > 0 if self.beside else band > self.axes.index(axis)


def stacking_of(picture: Picture, beside: bool = False) -> Stacking:
    """Decide the order of panels, and the band of every static box.

    A static box stands right above the last panel it depends on; one that depends
    on none stands right below the first that reads it, below all where they stand
    beside each other.
    """
    onward: dict[str, list[str]] = {key: [] for key in picture.boxes}
    for wire in picture.wires:
        onward[wire.tail].append(wire.head)
    for loop in picture.loops:
        onward[loop.tail].append(loop.head)
        if loop.initial_source is not None:
            onward[loop.initial_source].append(loop.head)
    present = dict.fromkeys(box.time for box in picture.boxes.values() if box.time)
    depends: dict[str, set[str]] = {key: set() for key in picture.boxes}
    for axis in present:
        starts = [key for key, box in picture.boxes.items() if box.time == axis]
        for key in reach(starts, onward.__getitem__):
            depends[key].add(axis)
    weight = {
        axis: sum(
            len(depends[key]) for key, box in picture.boxes.items() if box.time == axis
        )
        / sum(box.time == axis for box in picture.boxes.values())
        for axis in present
    }
    axes = sorted(present, key=lambda axis: weight[axis])
    bands = _bands(picture, axes, depends, onward)
    if beside:
        bands = {key: band if depends[key] else 0 for key, band in bands.items()}
    return Stacking(axes, bands, beside)


def _bands(
    picture: Picture,
    axes: list[str],
    depends: dict[str, set[str]],
    onward: dict[str, list[str]],
) -> dict[str, int]:
    level = {axis: i for i, axis in enumerate(axes)}
    static = [key for key, box in picture.boxes.items() if box.time is None]
    lowest = {
        key: max((level[axis] + 1 for axis in depends[key]), default=0)
        for key in static
    }
    bands = dict(lowest)
    for _ in static:
        before = dict(bands)
        for key in reversed(static):
            wanted = [
                bands.get(head, level.get(picture.boxes[head].time or "", 0))
                for head in onward[key]
            ]
            bands[key] = max(lowest[key], min(wanted, default=lowest[key]))
        if bands == before:
            break
    return bands
