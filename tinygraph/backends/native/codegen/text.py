"""Lines of Python source: nested statements, loops, comments, numbers."""

from collections.abc import Sequence

import numpy as np

from tinygraph.backends.native.ir.indices import size
from tinygraph.backends.native.ir.nests import outer_name
from tinygraph.backends.native.ir.statements import dtype_name
from tinygraph.core.building import CONSTANT
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim


def nested(head: str, lines: Sequence[str]) -> list[str]:
    """Return lines within a compound statement."""
    return [head, *[f"    {line}" for line in lines]]


def looped(dims: Sequence[Dim], body: list[str], shard: str | None = None) -> list[str]:
    """Return statements within loops over outer axes."""
    for k in range(len(dims) - 1, -1, -1):
        body = nested(f"for {outer_name(k)} in {span(dims[k], shard)}:", body)
    return body


def span(dim: Dim, shard: str | None) -> str:
    """Return the source of the places along an axis: a shard's, or all."""
    return "range(first, last)" if dim == shard else f"range({size(dim)})"


def note(node: Node) -> str:
    """Return a comment that names a node; no name can break out of it."""
    return f"  # {ascii(node.label)[1:-1]}"


def plus(text: str, offset: int) -> str:
    """Return the source of a sum with a number."""
    if not offset:
        return text
    return f"{text} + {offset}" if offset > 0 else f"{text} - {-offset}"


def literal(node: Node) -> str | None:
    """Return the source of a constant scalar; None for other nodes."""
    if node.op is not CONSTANT or node.ndim:
        return None
    value = node.attrs["value"][()]
    if node.dtype.kind == "b":
        return str(bool(value))
    if node.dtype.kind != "f":
        return f"{dtype_name(node)}({int(value)})"
    if np.isfinite(value):
        return f"{dtype_name(node)}({float(value)!r})"
    text = "np.nan" if np.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return f"{dtype_name(node)}({text})"
