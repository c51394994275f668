"""The driver: apply rewrites until none fires; each is named and can be left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tinygraph.core.errors import TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.rewriting.facts import Facts, Find

ROUNDS = 60
"""More rounds than any graph needs; a rule set that does not end raises."""


@dataclass(frozen=True)
class Rewrite:
    """A named rewrite.

    Attributes:
        name: by which it is reported and can be switched off.
        find: from the facts of a graph to old node → new node.
        exact: True where values stay equal to the last bit.
        saves_calls: True where it does as much arithmetic as before, or more, in fewer
            calls of kernels: no gain where a call costs nothing, as in native code.
        bounded: True where it multiplies factors that were not multiplied before: only
            where their ranges say that nothing overflows, or in a hurry (`fast`).
    """

    name: str
    find: Find
    exact: bool
    saves_calls: bool = False
    bounded: bool = False


@dataclass(frozen=True)
class Rewritten:
    """The optimised graph, and how many nodes each rewrite replaced."""

    graph: Graph
    fired: Mapping[str, int]


def until_none_fires(
    graph: Graph,
    *stages: Iterable[Rewrite],
    verify_each: bool = False,
    fast: bool = False,
) -> Rewritten:
    """Apply rewrites one after the other, round after round, until none fires.

    Args:
        stages: sets of rewrites; the next one begins where the last one ends.
        verify_each: verify the graph after every rewrite, not only after the last.
        fast: what needs bounds is rewritten without them too.

    Raises:
        TinygraphError: a rewrite changes a type, or they do not come to an end.
    """
    fired: dict[str, int] = {}
    facts = Facts(graph.outputs, fast=fast, nodes=graph.nodes)
    idle: set[str] = set()
    for stage in stages:
        facts = _to_the_end(facts, list(stage), fired, idle, verify_each)
    return Rewritten(Graph(facts.outputs) if fired else graph, fired)


def _to_the_end(
    facts: Facts,
    passes: list[Rewrite],
    fired: dict[str, int],
    idle: set[str],
    verify_each: bool,
) -> Facts:
    """Apply the rewrites of a stage, and count what they replace.

    Args:
        idle: those that find nothing in this graph, all of this stage.
    """
    for each in passes * ROUNDS:
        if len(idle) == len(passes):
            return facts
        found: Mapping[Node, Node] = {} if each.name in idle else each.find(facts)
        if not found:
            idle.add(each.name)
            continue
        _check(each, found)
        facts = facts.after(found)
        fired[each.name] = fired.get(each.name, 0) + len(found)
        idle.clear()
        if verify_each:
            Graph(facts.outputs)
    if passes:
        raise TinygraphError(f"the rewrites do not come to an end: {fired}")
    return facts


def _check(each: Rewrite, found: Mapping[Node, Node]) -> None:
    for old, new in found.items():
        if old.type != new.type:
            raise TinygraphError(
                f"rewrite {each.name!r} changes the type of {old.describe()} to "
                f"{new.type.describe()}"
            )
