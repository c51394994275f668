"""Moves between groups: to where what a node reads is computed.

A sum or a concat goes to its operands, and a group of elementwise work after the group
that it reads, if all else that it reads is there in time: nothing is then stored for
every step only to be read once more.
"""

from collections.abc import Collection, Iterable

from tinygraph.backends.native.fusion.groups import Group, Groups
from tinygraph.backends.native.ir.rules import (
    is_elementwise,
    rule_of,
    statements_of,
)
from tinygraph.backends.native.ir.statements import Kind
from tinygraph.core.nodes import Node
from tinygraph.ops.time import SUM_OVER_TIME


def move(groups: Groups, largest: int) -> Iterable[Node]:
    """Move nodes and groups; yield the nodes that a group has taken up.

    Args:
        largest: nodes that a group may have.
    """
    for node in groups.graph.nodes:
        if _joins_operands(groups, node):
            yield node
    for each in sorted(groups.groups, key=lambda group: group.key):
        _follows(groups, each, largest)


def _joins_operands(groups: Groups, node: Node) -> bool:
    """Move a sum or a concat to its operands; return False if it has to stay."""
    own = groups.home.get(node)
    kinds = {each.kind for each in statements_of(node) or []}
    fits = kinds & {Kind.REDUCE, Kind.SEARCH, Kind.ADD} or kinds == {Kind.INSERT}
    if not fits or node in groups.early or (own is not None and own.loop):
        return False
    if own is not None and not own.native:
        return False
    found = _producers(groups, [node], own)
    if found is None or found[0].time != (node.inputs[0].type.time or ""):
        return False
    if own is not None:
        del own.nodes[node]
    groups.join(node, *found)
    return True


def _follows(groups: Groups, group: Group, largest: int) -> None:
    """Move all of a group to the one that computes what it reads, row by row."""
    if group.loop or not group.native:
        return
    if not all(_keeps_rows(groups, node) for node in group.nodes):
        return
    found = _producers(groups, group.nodes, group)
    if found is None or found[0].time != group.time:
        return
    if len(found[0].nodes) + len(group.nodes) <= largest:
        for node in list(group.nodes):
            groups.join(node, *found)
        group.nodes.clear()


def _producers(
    groups: Groups, nodes: Collection[Node], own: Group | None
) -> tuple[Group, int] | None:
    """Return the last group that computes what nodes read, and their lag in it.

    None if it is their own, or if it would run before something else that they read.
    """
    inside = set(nodes)
    bases = {groups.base(x) for node in nodes for x in node.inputs} - inside
    homes = [groups.home[base] for base in bases if base in groups.home]
    near = max(homes, key=lambda group: group.key, default=own)
    if near is None or near is own:
        return None
    lags = {near.nodes[base] for base in bases if base in near.nodes}
    others = [base for base in bases if base not in groups.home]
    late = any(groups.after[base] >= near.key[0] for base in others)
    return None if late or len(lags) != 1 or not near.native else (near, lags.pop())


def _keeps_rows(groups: Groups, node: Node) -> bool:
    """Return True for what a loop can take up and still be cut into shards."""
    if any(rule_of(x).reorders for x in node.inputs):
        return False
    if rule_of(node).sums:
        return all(user.op is SUM_OVER_TIME for user in groups.users(node))
    kinds = {each.kind for each in statements_of(node) or []}
    added_up = node.type.time is None
    return added_up or kinds == {Kind.INSERT} or is_elementwise(node)
