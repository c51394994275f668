"""The driver: apply rewrites until none fires; each is named and can be left out."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tinygraph.errors import TinygraphError
from tinygraph.graph import Graph
from tinygraph.nodes import Node
from tinygraph.rewriting.facts import Facts
from tinygraph.rewriting.substituting import substitute

Find = Callable[[Facts], Mapping[Node, Node]]

ROUNDS = 60
"""More rounds than any graph needs; a rule set that does not end raises."""


@dataclass(frozen=True)
class Rewrite:
    """A named rewrite.

    Attributes:
        name: by which it is reported and can be switched off.
        find: from the facts of a graph to old node → new node.
        exact: True where values stay equal to the last bit.
    """

    name: str
    find: Find
    exact: bool


@dataclass(frozen=True)
class Rewritten:
    """The optimised graph, and how many nodes each rewrite replaced."""

    graph: Graph
    fired: Mapping[str, int]


REWRITES: dict[str, Rewrite] = {}


def rewrite(name: str, *, exact: bool) -> Callable[[Find], Find]:
    """Enter a function in the rule set, in the order of definition."""

    def enter(find: Find) -> Find:
        REWRITES[name] = Rewrite(name, find, exact)
        return find

    return enter


def optimise(
    graph: Graph, without: Collection[str] = (), *, verify_each: bool = False
) -> Rewritten:
    """Apply every rewrite until none fires.

    A graph without time is left as it is: there is no cycle to make smaller.

    Args:
        without: names of rewrites to leave out.
        verify_each: verify the graph after every rewrite, not only after the last.

    Raises:
        TinygraphError: an unknown name, or rules that do not come to an end.
    """
    unknown = [name for name in without if name not in REWRITES]
    if unknown:
        raise TinygraphError(
            f"no rewrite is named {unknown[0]!r}; there are {', '.join(REWRITES)}"
        )
    if not graph.times:
        return Rewritten(graph, {})
    chosen = [each for name, each in REWRITES.items() if name not in without]
    fired: dict[str, int] = {}
    facts = Facts(graph.outputs)
    for _ in range(ROUNDS):
        before = facts
        for each in chosen:
            found = each.find(facts)
            if found:
                _check(each, found)
                facts = Facts(substitute(facts.outputs, found))
                fired[each.name] = fired.get(each.name, 0) + len(found)
                if verify_each:
                    Graph(facts.outputs)
        if facts is before:
            return Rewritten(Graph(facts.outputs), fired)
    raise TinygraphError(f"the rewrites do not come to an end: {fired}")


def _check(each: Rewrite, found: Mapping[Node, Node]) -> None:
    for old, new in found.items():
        if old.type != new.type:
            raise TinygraphError(
                f"rewrite {each.name!r} changes the type of {old.describe()} to "
                f"{new.type.describe()}"
            )
