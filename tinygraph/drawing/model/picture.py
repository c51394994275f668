"""The picture model: boxes, wires and loops, without any coordinates.

A `Picture` says what is drawn and what is joined to what; layout, routing and
text look into no node, and this file knows nothing of points.
"""

from dataclasses import dataclass, field

from tinygraph.core.nodes import Node
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.model.texts import Label


@dataclass(frozen=True)
class Box:
    """One thing drawn once (or once per step of `time`).

    Attributes:
        key: unique in the picture, ASCII letters, digits and underscores.
        kind: a row of `styles.KINDS`.
        label: its text at each moment.
        time: the axis of which it has a copy per step, or None.
        about: hover text, the whole name and type.
        shows: the nodes whose values it stands for.
        scope: of the collapsed scope that it is, the names from the outside in.
        inside: the ops in a collapsed scope, in alphabetical order.
    """

    key: str
    role: str
    label: Label
    time: str | None = None
    hover: str = ""
    shows: tuple[Node, ...] = ()
    scope: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wire:
    """An edge without delay, from the box `tail` to the box `head`.

    Attributes:
        label: a short text beside it (a shape, a parameter's name).
        weight: True where the label names a parameter.
        about: hover text.
        steps_read: where it goes from a box with a copy per step to a box without:
            the steps that are read, from the end where negative. None: all.
        initial: True for the wire that brings a delay its first values.
    """

    tail: str
    head: str
    label: str = ""
    hover: str = ""
    steps_read: range | None = None
    weight: bool = False
    initial: bool = False


@dataclass(frozen=True)
class DelayLoop:
    """A delay: an edge from `tail` to `head` that takes `steps` steps.

    Attributes:
        key, name: of the delay.
        slots: texts of the values outside the sequence, in time order: numbers
            and names of leaves; `looping.REPLICATE`; empty where `source` is.
        source: the box that gives those values, if one is drawn.
        label, weight: as of a wire.
        about: hover text.
        color: the how-manieth delay of its cycle it is.
        cyclic: False for a plain shift, which no cycle passes through.
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


@dataclass(frozen=True)
class Picture:
    """What is to be drawn.

    Attributes:
        boxes: by key, inputs first.
        wires: edges without delay; `tail` and `head` are keys.
        loops: delays.
        title: the name of the scope that everything stands in, or "".
        axes: the time axes, in order of appearance.
        look: theme and fonts.
    """

    boxes: dict[str, Box]
    wires: list[Wire]
    loops: list[DelayLoop]
    title: str = ""
    axes: tuple[str, ...] = ()
    look: Look = field(default_factory=Look)
