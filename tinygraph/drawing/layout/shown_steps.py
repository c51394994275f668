"""Which steps an unfolded picture shows, and how it names them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.drawing.model.options import Start
from tinygraph.drawing.model.picture import Loop
from tinygraph.drawing.model.texts import Moment


@dataclass(frozen=True)
class Window:
    """The steps of one time axis that are shown.

    Attributes:
        axis: the name of the time axis.
        steps: T.
        shown: step numbers from 0, in order; what lies between is an ellipsis.
        start: the number of the first step, or "t" for t−1, t, t+1 ….
    """

    axis: str
    steps: int
    shown: tuple[int, ...]
    start: Start = 0

    @property
    def open_ended(self) -> bool:
        """True where the sequence goes on before and after what is shown."""
        return self.start == "t"

    @property
    def cut(self) -> bool:
        """True where steps are left out."""
        return len(self.shown) < self.steps

    def moment(self, step: int) -> Moment:
        """Return how a step is named; steps outside the sequence have names too."""
        if self.start == "t":
            return Moment(step - self.steps // 2, True, self.axis)
        return Moment(self.start + step, False, self.axis)


def window(axis: str, steps: int, max_steps: int | None, start: Start) -> Window:
    """Return all steps, or 0, 1, …, T−1 where they are more than `max_steps`."""
    if max_steps is not None and steps > max_steps:
        return Window(axis, steps, (0, 1, steps - 1), start)
    return Window(axis, steps, tuple(range(steps)), start)


@dataclass(frozen=True)
class Hop:
    """A delayed edge from one step to another, at least one of them shown.

    Attributes:
        source, target: steps, also outside the sequence.
        kind: "delayed"; "initial" from a slot; "leaving" where an end is hidden.
    """

    loop: Loop
    source: int
    target: int
    kind: str


def hops_of(loop: Loop, view: Window) -> list[Hop]:
    """Return the delayed edges of a loop that the window shows at least half of."""
    k, last = loop.steps, view.steps - 1
    pairs = {(step - k, step) for step in view.shown}
    pairs |= {(step, step + k) for step in view.shown}
    shown = set(view.shown)
    found = []
    for source, target in sorted(pairs):
        if not 0 <= target <= last:
            if view.open_ended:
                found.append(Hop(loop, source, target, "leaving"))
        elif not 0 <= source <= last:
            found.append(Hop(loop, source, target, "initial"))
        elif source in shown and target in shown:
            found.append(Hop(loop, source, target, "delayed"))
        else:
            found.append(Hop(loop, source, target, "leaving"))
    return found


@dataclass(frozen=True)
class Column:
    """A vertical stripe of an unfolded picture.

    Attributes:
        kind: step, slots (values outside the sequence), ellipsis.
        step: the step, or the step outside that the slots stand for; None for an
            ellipsis.
    """

    kind: str
    step: int | None


def columns(view: Window, hops: Sequence[Hop]) -> list[Column]:
    """Return the columns from left to right.

    Where edges leave the sequence they end in the column of slots, if there is one.
    """
    slots = sorted({hop.source for hop in hops if hop.kind == "initial"})
    found = [Column("slots", step) for step in slots if step < 0]
    if not found and any(hop.target < 0 for hop in hops):
        found.append(Column("ellipsis", None))
    for i, step in enumerate(view.shown):
        if i and step - view.shown[i - 1] > 1:
            found.append(Column("ellipsis", None))
        found.append(Column("step", step))
    after = [Column("slots", step) for step in slots if step >= view.steps]
    if not after and any(hop.target >= view.steps for hop in hops):
        found.append(Column("ellipsis", None))
    return found + after
