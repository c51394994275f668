"""Common subexpressions: the same op on the same inputs is computed once."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.rewriting.facts import Facts


def share(facts: Facts) -> Mapping[Node, Node]:
    """Two nodes of one op, equal attributes and the same inputs → one.

    Neither reaches the other, since their inputs are the same. What is random has its
    key among its attributes: copies of one draw are shared, two draws are not.

    Exact.
    """
    first: dict[Hashable, Node] = {}
    groups: dict[Hashable, dict[Hashable, Node]] = {}
    found: dict[Node, Node] = {}
    for node in facts.nodes:
        if is_leaf(node):
            continue
        parts = tuple([found.get(x, x) for x in node.inputs])
        key = (node.op, parts or _about(node))
        one = first.setdefault(key, node)
        if one is node:
            continue
        if key not in groups:
            groups[key] = {_about(one): one}
        other = groups[key].setdefault(_about(node), node)
        if other is not node:
            found[node] = other
    return found


def _about(node: Node) -> Hashable:
    return node.type, frozen(node.attrs)


def frozen(attrs: Mapping[str, Any]) -> Hashable:
    """Return attributes as a key, equal for equal ones; signs for pictures left out."""
    computed = sorted(item for item in attrs.items() if item[0] != "symbol")
    return tuple((name, _hashable(value)) for name, value in computed)


def _hashable(value: Any) -> Hashable:
    if isinstance(value, np.ndarray):
        if value.size > 4096:
            return id(value)
        return (value.dtype, value.shape, value.tobytes())
    return value if isinstance(value, Hashable) else repr(value)
