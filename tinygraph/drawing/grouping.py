"""Scopes into module boxes: which nodes vanish into which box."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tinygraph.delays import Delay
from tinygraph.drawing.options import Collapse
from tinygraph.drawing.roles import LEAVES, Roles
from tinygraph.drawing.texts import printable
from tinygraph.errors import DrawingError
from tinygraph.nodes import Node

Scope = tuple[str, ...]

_ABSORBED = ("parameter", "constant")


@dataclass(frozen=True, eq=False)
class Group:
    """One module box: the nodes of a scope that hang together."""

    scope: Scope
    time: str | None


@dataclass(frozen=True)
class Grouping:
    """Node → the group it vanishes into, and what all groups stand in."""

    of: dict[Node, Group]
    title: str

    @cached_property
    def sizes(self) -> Counter[Group]:
        """Group → the number of its nodes."""
        return Counter(self.of.values())


def group_scopes(roles: Roles, collapse: Collapse) -> Grouping:
    """Gather the ops of collapsed scopes, and the leaves that only they read.

    Two applications of a layer share its scope but are two boxes, unless one
    feeds the other directly.

    Raises:
        DrawingError: `collapse` names a scope that no node was made in.
    """
    ops = [node for node in roles.order if _is_op(node, roles)]
    common = _common([node.scope for node in ops])
    if isinstance(collapse, frozenset):
        _check_names(collapse, ops)
    scopes = {}
    for node in ops:
        scope = _collapsed(node.scope, collapse, len(common))
        if scope:
            scopes[node] = scope
    found = _components(scopes, roles)
    _absorb(found, roles)
    whole = common if not _collapsed(common, collapse, len(common)) else ()
    return Grouping(found, whole[-1] if whole else "")


def _is_op(node: Node, roles: Roles) -> bool:
    hidden = node in roles.numbers or isinstance(node, Delay)
    return not hidden and node.op.name not in LEAVES


def _common(scopes: list[Scope]) -> Scope:
    if not scopes:
        return ()
    low, high = min(scopes), max(scopes)
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[:same]


def _collapsed(scope: Scope, collapse: Collapse, common: int) -> Scope:
    """Return the leading part of `scope` that is one box, or ()."""
    if collapse is None or collapse == "variables":
        return ()
    if isinstance(collapse, frozenset):
        places = (i for i, name in enumerate(scope) if name in collapse)
        first = next(places, None)
        return () if first is None else scope[: first + 1]
    depth = common + 1 if collapse == "auto" else 1
    if isinstance(collapse, int):
        depth = collapse
    return scope[:depth] if len(scope) >= depth else ()


def _check_names(names: frozenset[str], ops: list[Node]) -> None:
    known = dict.fromkeys(name for node in ops for name in node.scope)
    for name in sorted(names):
        if name not in known:
            listed = ", ".join(map(repr, known)) or "none"
            raise DrawingError(
                printable(
                    f"collapse names the scope {name!r}, but no node was made in it; "
                    f"the scopes are {listed}"
                ),
                name=name,
            )


class _Union:
    """Union–find with path halving."""

    def __init__(self, members: Iterable[Node]) -> None:
        self.parent = {member: member for member in members}

    def root(self, node: Node) -> Node:
        parent = self.parent
        while parent[node] is not node:
            parent[node] = node = parent[parent[node]]
        return node

    def join(self, a: Node, b: Node) -> None:
        self.parent[self.root(a)] = self.root(b)


def _components(scopes: dict[Node, Scope], roles: Roles) -> dict[Node, Group]:
    """Join neighbours of one scope and one time, through delays too."""
    union = _Union(scopes)
    for node in roles.order:
        before = [node] if node in scopes else []
        if isinstance(node, Delay):
            before = [roles.stand_in[node.source]]
        for part in before:
            for reader in roles.users[node]:
                alike = scopes.get(reader) == scopes.get(part) is not None
                if alike and reader.time == part.time:
                    union.join(part, reader)
    groups: dict[Node, Group] = {}
    found = {}
    for node, scope in scopes.items():
        group = Group(scope, node.time)
        found[node] = groups.setdefault(union.root(node), group)
    return found


def _absorb(found: dict[Node, Group], roles: Roles) -> None:
    """Let a group swallow what only it reads: its weights, and static ops on them."""
    for node in reversed(roles.order):
        if node in roles.outputs or node in roles.states or isinstance(node, Delay):
            continue
        readers = [found.get(user) for user in roles.users[node]]
        group = readers[0] if readers else None
        if group is None or any(other is not group for other in readers):
            continue
        own = found.get(node)
        static = own is not None and node.time is None and own.scope == group.scope
        if static or node.op.name in _ABSORBED:
            found[node] = group
