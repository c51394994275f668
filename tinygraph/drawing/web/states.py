"""Which modules are open: the pictures that clicks on modules lead to."""

from collections import deque
from dataclasses import dataclass, replace

from tinygraph.core.graph import Graph
from tinygraph.drawing.model.grouping import Scope
from tinygraph.drawing.model.options import Options
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.picturing import picture_of

MOST = 8
"""As many choices of open modules are prepared; a click finds the nearest."""


@dataclass(frozen=True)
class State:
    """A choice of open modules, and its pictures.

    Attributes:
        opened: the scopes of the modules that are open.
        folded, unfolded: what is then drawn.
    """

    opened: frozenset[Scope]
    folded: Picture
    unfolded: Picture

    @property
    def closed(self) -> list[Scope]:
        """The scopes of the modules that are drawn as boxes."""
        boxes = (*self.folded.boxes.values(), *self.unfolded.boxes.values())
        return [*dict.fromkeys(box.scope for box in boxes if box.scope)]


def states_of(graph: Graph, options: Options) -> list[State]:
    """Return the pictures with no module open, with one, two …, and with all."""
    found: dict[frozenset[Scope], State] = {}
    ahead = deque([frozenset[Scope]()])
    while ahead and len(found) < MOST:
        opened = ahead.popleft()
        if opened not in found:
            state = found[opened] = _state(graph, options, opened)
            ahead += [opened | {scope} for scope in state.closed]
    last = next(reversed(found.values()))
    while last.closed:
        last = _state(graph, options, last.opened | {*last.closed})
        found.setdefault(last.opened, last)
    return [*found.values()]


def _state(graph: Graph, options: Options, opened: frozenset[Scope]) -> State:
    chosen = replace(options, expand=options.expand | opened)
    return State(
        opened,
        picture_of(graph, chosen, unrolled=False),
        picture_of(graph, chosen, unrolled=True),
    )
