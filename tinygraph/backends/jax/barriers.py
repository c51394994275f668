"""Values that XLA's algebra must not see through.

It writes x·c₁·c₂ as x·(c₁c₂), x/y/z as x/(yz), x/(y/z) as xz/y, e^x/e^y as e^(x-y):
what overflows or vanishes on the way is another number then, and finite ones become
infinite. `optimization_barrier` keeps both ops as they are written.
"""

from collections.abc import Iterable, Iterator

from tinygraph.core.building import CONSTANT
from tinygraph.core.nodes import REGISTRY, Node, Op
from tinygraph.ops.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT

EXP, LOG, SQRT = REGISTRY["exp"], REGISTRY["log"], REGISTRY["sqrt"]
SQUARE = REGISTRY["square"]
SCALES, SUMS = (MULTIPLY, DIVIDE), (ADD, SUBTRACT)
INVERSES = {(DIVIDE, DIVIDE), (LOG, EXP), (SQRT, MULTIPLY), (SQRT, SQUARE)}
"""(An op, one that it reads) which XLA makes one of."""


def kept_apart(nodes: Iterable[Node]) -> set[Node]:
    """Return the floats that XLA would compute together with one that reads them."""
    return {
        x for node in nodes if node.type.is_float for x in _read(node) if _meet(node, x)
    }


def _read(node: Node) -> Iterator[Node]:
    for x in node.inputs:
        yield seen(x)


def seen(x: Node) -> Node:
    """Return what a node is a view of, if of any."""
    while x.op.view:
        x = x.inputs[0]
    return x


def _meet(node: Node, x: Node) -> bool:
    if (node.op, x.op) in INVERSES:
        return True
    if x.op is EXP:
        return node.op in SCALES and all(each.op is EXP for each in _read(node))
    return any(_both(ops, node, x) for ops in (SCALES, SUMS))


def _both(ops: tuple[Op, ...], node: Node, x: Node) -> bool:
    """Return True for two ops of a kind, each with a constant."""
    return node.op in ops and x.op in ops and _is_shifted(node) and _is_shifted(x)


def _is_shifted(node: Node) -> bool:
    return any(each.op is CONSTANT for each in _read(node))
