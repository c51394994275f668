"""Moves between groups: to where what a node reads is computed.

A sum or a concat goes to its operands, and a group of elementwise work after the group
that it reads, if all else that it reads is there in time: nothing is then stored for
every step only to be read once more.
"""

from collections.abc import Collection, Iterable

from tinygraph.backends.native.fusion.groups import Group, Places
from tinygraph.backends.native.ir.statements import LINEAR, is_elementwise, works_of
from tinygraph.core.nodes import Node
from tinygraph.ops.contracting import COLLECT, TOTAL
from tinygraph.ops.joining import CONCAT, STACK
from tinygraph.ops.shaping import FLIP, RESHAPE, TRANSPOSE
from tinygraph.ops.time import SUM_OVER_TIME


def move(places: Places, largest: int) -> Iterable[Node]:
    """Move nodes and groups; yield the nodes that a group has taken up.

    Args:
        largest: nodes that a group may have.
    """
    for node in places.graph.nodes:
        if _draws_near(places, node):
            yield node
    for each in sorted(places.groups, key=lambda group: group.key):
        _follow(places, each, largest)


def _draws_near(places: Places, node: Node) -> bool:
    """Move a sum or a concat to its operands, if all it reads is there in time."""
    own = places.home.get(node)
    kinds = {work.kind for work in works_of(node) or []}
    fits = kinds & {"fold", "arg", "add"} or node.op in (CONCAT, STACK)
    if not fits or node in places.early or (own is not None and own.loop):
        return False
    if own is not None and not own.native:
        return False
    found = _source(places, [node], own)
    if found is None or found[0].time != node.inputs[0].type.time:
        return False
    if own is not None:
        del own.nodes[node]
    places.join(node, *found)
    return True


def _follow(places: Places, group: Group, largest: int) -> None:
    """Move all of a group to the one that computes what it reads, row by row."""
    if group.loop or not group.native:
        return
    if not all(_keeps_rows(places, node) for node in group.nodes):
        return
    found = _source(places, group.nodes, group)
    if found is None or found[0].time != group.time:
        return
    if len(found[0].nodes) + len(group.nodes) <= largest:
        for node in list(group.nodes):
            places.join(node, *found)
        group.nodes.clear()


def _source(
    places: Places, nodes: Collection[Node], own: Group | None
) -> tuple[Group, int] | None:
    """Return the last group that computes what nodes read, and at which lag.

    None if it is their own, or if something else is not there before that group.
    """
    inside = set(nodes)
    bases = {places.base(x) for node in nodes for x in node.inputs} - inside
    homes = [places.home[base] for base in bases if base in places.home]
    near = max(homes, key=lambda group: group.key, default=own)
    if near is None or near is own:
        return None
    lags = {near.nodes[base] for base in bases if base in near.nodes}
    others = [base for base in bases if base not in places.home]
    late = any(places.after[base] >= near.key[0] for base in others)
    return None if late or len(lags) != 1 or not near.native else (near, lags.pop())


def _keeps_rows(places: Places, node: Node) -> bool:
    """Return True for what leaves a loop as fit to be shared out as it was."""
    over_time = node.op in (SUM_OVER_TIME, TOTAL, COLLECT)
    if node.op in LINEAR:
        over_time = all(user.op is SUM_OVER_TIME for user in places.users(node))
    moved = any(x.op in (TRANSPOSE, RESHAPE, FLIP) for x in node.inputs)
    joins = node.op in (CONCAT, STACK)
    return not moved and (over_time or joins or is_elementwise(node))
