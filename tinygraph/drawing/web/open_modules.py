"""The choices of open modules that clicks lead to, each with its pictures."""

from collections import deque
from dataclasses import dataclass, replace

from tinygraph.core.graph import Graph
from tinygraph.drawing.model.graph_to_picture import picture_of
from tinygraph.drawing.model.modules import Scope
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import Picture

MOST = 8
"""How many choices are prepared; a click leads to the nearest of them."""


@dataclass(frozen=True)
class OpenModules:
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


def open_modules_of(graph: Graph, options: DrawOptions) -> list[OpenModules]:
    """Return the pictures with no module open, with one, two …, and with all."""
    found: dict[frozenset[Scope], OpenModules] = {}
    ahead = deque([frozenset[Scope]()])
    while ahead and len(found) < MOST:
        opened = ahead.popleft()
        if opened not in found:
            choice = found[opened] = _choice(graph, options, opened)
            ahead += [opened | {scope} for scope in choice.closed]
    last = next(reversed(found.values()))
    while last.closed:
        last = _choice(graph, options, last.opened | {*last.closed})
        found.setdefault(last.opened, last)
    return [*found.values()]


def _choice(
    graph: Graph, options: DrawOptions, opened: frozenset[Scope]
) -> OpenModules:
    chosen = replace(options, expand=options.expand | opened)
    return OpenModules(
        opened,
        picture_of(graph, chosen, unrolled=False, strict=False),
        picture_of(graph, chosen, unrolled=True, strict=False),
    )
