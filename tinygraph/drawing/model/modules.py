"""Collapsed scopes as modules: which nodes are drawn together as one box."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from tinygraph.core.delays import Delay
from tinygraph.core.error_data import did_you_mean
from tinygraph.core.errors import DrawingError
from tinygraph.core.leaves import holds_value
from tinygraph.core.nodes import Node
from tinygraph.drawing.model.options import COLLAPSE_WORDS, DrawOptions
from tinygraph.drawing.model.roles import Roles
from tinygraph.drawing.model.texts import printable

Scope = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Module:
    """One box of a collapsed scope: nodes of the scope that are connected."""

    scope: Scope
    time: str | None


@dataclass(frozen=True)
class Modules:
    """Which nodes are drawn as which module.

    Attributes:
        of: node → its module.
        title: the scope that everything stands in, or "".
        exports: module → its nodes that are read outside of it.
    """

    of: dict[Node, Module]
    title: str
    exports: dict[Module, tuple[Node, ...]]

    @cached_property
    def members(self) -> dict[Module, list[Node]]:
        """Module → its nodes."""
        found: dict[Module, list[Node]] = {}
        for node, module in self.of.items():
            found.setdefault(module, []).append(node)
        return found


def modules_of(
    roles: Roles, options: DrawOptions, deepest: int | None = None
) -> Modules:
    """Return the modules: ops of collapsed scopes, and leaves that only they read.

    Two applications of a layer share its scope but are two boxes, unless one
    feeds the other directly.

    Args:
        deepest: scopes at this depth are closed even where the options open them.

    Raises:
        DrawingError: `collapse` or `expand` names a scope that no node was made in.
    """
    ops = [node for node in roles.order if _is_op(node, roles)]
    common = _common([node.scope for node in ops])
    if isinstance(options.collapse, frozenset):
        _check_names("collapse", options.collapse, ops)
    _check_names("expand", {n for n in options.expand if isinstance(n, str)}, ops)
    scopes = {}
    for node in ops:
        scope = _collapsed(node.scope, options, len(common))
        if deepest is not None and not 0 < len(scope) <= deepest:
            scope = node.scope[:deepest] if len(node.scope) >= deepest else ()
        if scope:
            scopes[node] = scope
    found = _components(scopes, roles)
    _absorb(found, roles)
    whole = common if not _collapsed(common, options, len(common)) else ()
    exports = _exports(found, roles)
    return Modules(found, whole[-1] if whole else "", exports)


def depths_of_open_scopes(roles: Roles, options: DrawOptions) -> range:
    """Return the depths at which the options open scopes that could be closed.

    Empty where none is open but what holds all, and in a picture of variables.
    """
    scopes = dict.fromkeys(node.scope for node in roles.order if _is_op(node, roles))
    common = len(_common([*scopes]))
    if options.collapse == "variables" or not scopes:
        return range(0)
    outermost = [len(_outermost(scope, options, common)) for scope in scopes]
    first = min([common + 1, *filter(None, outermost)])
    opened = [
        len(_collapsed(scope, options, common)) or len(scope) + 1 for scope in scopes
    ]
    return range(first, max(opened))


def _is_op(node: Node, roles: Roles) -> bool:
    hidden = node in roles.numbers or isinstance(node, Delay)
    return not hidden and not node.op.leaf


def _common(scopes: list[Scope]) -> Scope:
    if not scopes:
        return ()
    low, high = min(scopes), max(scopes)
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[:same]


def _collapsed(scope: Scope, options: DrawOptions, common: int) -> Scope:
    """Return the leading part of `scope` that is one box, or ()."""
    found = _outermost(scope, options, common)
    while found and (found in options.expand or found[-1] in options.expand):
        found = scope[: len(found) + 1] if len(scope) > len(found) else ()
    return found


def _outermost(scope: Scope, options: DrawOptions, common: int) -> Scope:
    """Return the leading part of `scope` that `collapse` makes one box, or ()."""
    collapse = options.collapse
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


def _check_names(option: str, names: Collection[str], ops: list[Node]) -> None:
    known = dict.fromkeys(name for node in ops for name in node.scope)
    for name in sorted(names):
        if name not in known:
            listed = ", ".join(map(repr, known)) or "none"
            words = COLLAPSE_WORDS if option == "collapse" else ()
            hint = did_you_mean(name, [*words, *known])
            raise DrawingError(
                printable(
                    f"{option} names the scope {name!r}{hint}, but no node was made "
                    f"in it; the scopes are {listed}"
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


def _components(scopes: dict[Node, Scope], roles: Roles) -> dict[Node, Module]:
    """Return a module for each set of nodes joined within a scope, delays included."""
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
    by_root: dict[Node, Module] = {}
    found = {}
    for node, scope in scopes.items():
        module = Module(scope, node.time)
        found[node] = by_root.setdefault(union.root(node), module)
    return found


def _exports(found: dict[Node, Module], roles: Roles) -> dict[Module, tuple[Node, ...]]:
    exports: dict[Module, tuple[Node, ...]] = dict.fromkeys(found.values(), ())
    for node, module in found.items():
        read = any(found.get(user) is not module for user in roles.users[node])
        if node in roles.outputs or read:
            exports[module] += (node,)
    return exports


def _absorb(found: dict[Node, Module], roles: Roles) -> None:
    """Add to a module what only it reads: its weights, and static ops on them."""
    for node in reversed(roles.order):
        if node in roles.outputs or node in roles.states or isinstance(node, Delay):
            continue
        readers = [found.get(user) for user in roles.users[node]]
        module = readers[0] if readers else None
        if module is None or any(other is not module for other in readers):
            continue
        own = found.get(node)
        static = own is not None and node.time is None and own.scope == module.scope
        if static or holds_value(node):
            found[node] = module
