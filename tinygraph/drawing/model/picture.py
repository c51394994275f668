"""The picture model: boxes, wires and delay loops, without any coordinates.

A `Picture` says what is drawn and what is joined to what; layout, routing and
text look into no node, and this file knows nothing of points.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tinygraph.core.nodes import Node
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.model.texts import Label, Moment, axis_letters


@dataclass(frozen=True)
class Box:
    """What is drawn once, or in an unfolded picture once per step of `time`.

    Attributes:
        key: unique in the picture, ASCII letters, digits and underscores.
        role: what it shows, a key of `styles.BOX_STYLES`: input, state, op ….
        label: its text at each moment.
        time: the axis of which it has a copy per step, or None.
        hover: its hover text, the whole name and type.
        shows: the nodes whose values it stands for.
        scope: of the collapsed scope that it is, the names from the outside in.
        inside: the ops in a collapsed scope, in alphabetical order.
        within: the open scopes in which its node was made, from the outside in.
        called: by what a user may mean it: nodes and names.
        style: attributes that the user gave it.
        count: how many numbers a module's parameters have.
    """

    key: str
    role: str
    label: Label
    time: str | None = None
    hover: str = ""
    shows: tuple[Node, ...] = ()
    scope: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    called: tuple[Any, ...] = ()
    style: tuple[tuple[str, str], ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Wire:
    """An edge without delay, from the box `tail` to the box `head`.

    Attributes:
        label: a short text beside it (a shape, a parameter's name).
        weight: True where the label names a parameter.
        hover: its hover text.
        steps_read: where it goes from a box with a copy per step to a box without:
            the steps that are read, from the end where negative. None: all.
        initial: True for the wire that brings a delay its first values.
        place: 0, 1, … of the wires between the same two boxes, as of x · x.
    """

    tail: str
    head: str
    label: str = ""
    hover: str = ""
    steps_read: range | None = None
    weight: bool = False
    initial: bool = False
    place: int = 0

    @property
    def key(self) -> str:
        """Unique among the wires of a picture."""
        return f"{self.tail}-{self.head}" + f"--{self.place + 1}" * (self.place > 0)


@dataclass(frozen=True)
class DelayLoop:
    """A delay: an edge from `tail` to `head` that takes `steps` steps.

    Attributes:
        key, name: of the delay.
        initial_values: texts of the values outside the sequence, in time order:
            numbers, names of leaves, or `delay_loops.REPLICATE`; empty where
            `initial_source` gives them.
        initial_source: the box that computes those values, if it is drawn.
        label, weight: as of a wire.
        hover: its hover text.
        color: an index into `styles.DELAYS`.
        cyclic: False for a plain shift, which no cycle passes through.
        sign: the text of its square.
    """

    key: str
    name: str
    tail: str
    head: str
    steps: int
    initial_values: tuple[str, ...] = ()
    initial_source: str | None = None
    label: str = ""
    weight: bool = False
    hover: str = ""
    color: int = 0
    cyclic: bool = True
    sign: str = ""


@dataclass(frozen=True)
class HighlightedPath:
    """The boxes and edges of a path that the user wants to be seen, by their keys."""

    boxes: tuple[str, ...]
    edges: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """How a picture comes from one in which scopes are closed that it opens.

    Attributes:
        closed: that picture.
        kept: key of a box → its key in `closed`, for boxes that are in both.
        inside: key of a closed box → the keys of what is drawn in its place.
        beside: key of a closed box → the keys of the ellipses of its values.
    """

    closed: "Picture"
    kept: dict[str, str]
    inside: dict[str, tuple[str, ...]]
    beside: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Picture:
    """What is to be drawn.

    Attributes:
        boxes: by key, inputs first.
        wires: edges without delay; `tail` and `head` are keys.
        loops: delays, each as one edge.
        title: the name of the scope that everything stands in, or "".
        axes: the time axes, in order of appearance.
        look: theme and fonts.
        note: a line of text below a folded picture, or "".
        paths: what is highlighted.
        opening: where it comes from, if scopes are open.
    """

    boxes: dict[str, Box]
    wires: list[Wire]
    loops: list[DelayLoop]
    title: str = ""
    axes: tuple[str, ...] = ()
    look: Look = field(default_factory=Look)
    note: str = ""
    paths: tuple[HighlightedPath, ...] = ()
    opening: Opening | None = None

    @cached_property
    def letters(self) -> dict[str, str]:
        """The subscript of each time axis."""
        return axis_letters(self.axes)

    def now(self, box: Box) -> Moment:
        """Return the step t of the time axis of a box."""
        axis = box.time or "t"
        return Moment(axis=axis, letter=self.letters.get(axis, "ₜ"))
