"""Which steps an unfolded picture shows, their names, and the delayed edges on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinygraph.drawing.model.options import Start
from tinygraph.drawing.model.picture import DelayLoop
from tinygraph.drawing.model.texts import Moment

SIX = 6
"""Up to so many steps a picture shows all, unless told otherwise."""


@dataclass(frozen=True)
class ShownSteps:
    """The steps of one time axis that are shown.

    Attributes:
        axis: the name of the time axis.
        steps: T.
        numbers: the shown steps, from 0, in order; gaps are drawn as an ellipsis.
        start: the number of the first step, or "t" for t−1, t, t+1 ….
        letter: the axis as a subscript.
    """

    axis: str
    steps: int
    numbers: tuple[int, ...]
    start: Start = 0
    letter: str = "ₜ"

    @property
    def open_ended(self) -> bool:
        """True where the sequence goes on before and after what is shown."""
        return self.start == "t"

    def moment(self, step: int) -> Moment:
        """Return how a step is named; steps outside the sequence have names too."""
        if self.start == "t":
            return Moment(step - self.steps // 2, True, self.axis, self.letter)
        return Moment(self.start + step, False, self.axis, self.letter)


WINDOW = 4
"""So many steps stand between the first and the last in a window of a page."""


def window_of(steps: int, first: int) -> tuple[int, ...]:
    """Return a window's steps: 0, …, `first` and those after it, …, T−1."""
    middle = range(first, min(first + WINDOW, steps - 1))
    return (0, *middle, steps - 1)


def shown_steps(
    axis: str, steps: int, most: int | Literal["auto"] | None, start: Start, letter: str
) -> ShownSteps:
    """Return all steps, or the first ones and the last where they are too many.

    Args:
        most: how many to show at most; "auto" shows 0, 1, …, T−1 above six.
    """
    count = steps if most is None else most
    if count == "auto":
        count = steps if steps <= SIX else 3
    if steps <= count:
        return ShownSteps(axis, steps, tuple(range(steps)), start, letter)
    numbers = (*range(count - 1), steps - 1)
    return ShownSteps(axis, steps, numbers, start, letter)


@dataclass(frozen=True)
class DelayedEdge:
    """A delayed edge from one step to another, at least one of them shown.

    Attributes:
        from_step, to_step: the steps it joins, also outside the sequence.
        role: "delayed"; "initial" from an initial value; "leaving" where an end is
            not shown.
    """

    loop: DelayLoop
    from_step: int
    to_step: int
    role: str


def delayed_edges_of(loop: DelayLoop, shown: ShownSteps) -> list[DelayedEdge]:
    """Return the delayed edges of a loop that have at least one end at a shown step."""
    k, last = loop.steps, shown.steps - 1
    pairs = {(step - k, step) for step in shown.numbers}
    pairs |= {(step, step + k) for step in shown.numbers}
    numbers = set(shown.numbers)
    found = []
    for from_step, to_step in sorted(pairs):
        if not 0 <= to_step <= last:
            if shown.open_ended:
                found.append(DelayedEdge(loop, from_step, to_step, "leaving"))
        elif not 0 <= from_step <= last:
            found.append(DelayedEdge(loop, from_step, to_step, "initial"))
        elif from_step in numbers and to_step in numbers:
            found.append(DelayedEdge(loop, from_step, to_step, "delayed"))
        else:
            found.append(DelayedEdge(loop, from_step, to_step, "leaving"))
    return found


@dataclass(frozen=True)
class Column:
    """A vertical stripe of an unfolded picture.

    Attributes:
        content: "step", "initial" (initial values), or "ellipsis".
        step: the step, also outside the sequence; None for an ellipsis.
    """

    content: str
    step: int | None


def columns(shown: ShownSteps, edges: Sequence[DelayedEdge]) -> list[Column]:
    """Return the columns from left to right.

    Edges that leave the sequence end in the column of initial values, if there is one.
    """
    outside = sorted({edge.from_step for edge in edges if edge.role == "initial"})
    found = [Column("initial", step) for step in outside if step < 0]
    if not found and any(edge.to_step < 0 for edge in edges):
        found.append(Column("ellipsis", None))
    for i, step in enumerate(shown.numbers):
        if i and step - shown.numbers[i - 1] > 1:
            found.append(Column("ellipsis", None))
        found.append(Column("step", step))
    after = [Column("initial", step) for step in outside if step >= shown.steps]
    if not after and any(edge.to_step >= shown.steps for edge in edges):
        found.append(Column("ellipsis", None))
    return found + after
