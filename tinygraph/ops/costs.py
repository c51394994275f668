"""What a node costs: FLOPs and bytes, as sums of products of named dimensions.

A matrix product of (n, k) and (k, m) costs 2nkm FLOPs; an elementwise op or a
reduction costs one per element, whatever the function; moving data costs none. Bytes
are those of operands and result, each counted once. Views cost nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.core.building import CONSTANT
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.invariance import fixed_in_time

_PREFIXES = "kMGTPE"


@dataclass(frozen=True)
class Amount:
    """A number that may depend on named dimensions: 2·batch·t + 3.

    Attributes:
        terms: names of a product, in alphabetical order → its coefficient.
    """

    terms: Mapping[tuple[str, ...], int]

    @staticmethod
    def of(*dims: Dim) -> "Amount":
        """Return a product of numbers and names."""
        number = 1
        for dim in dims:
            number *= dim if isinstance(dim, int) else 1
        names = sorted(dim for dim in dims if isinstance(dim, str))
        return Amount({tuple(names): number} if number else {})

    def __add__(self, other: "Amount") -> "Amount":
        total = dict(self.terms)
        for names, number in other.terms.items():
            total[names] = total.get(names, 0) + number
        return Amount({names: n for names, n in total.items() if n})

    def __mul__(self, other: "Amount") -> "Amount":
        result = Amount({})
        for names, number in self.terms.items():
            for more, factor in other.terms.items():
                result += Amount.of(number * factor, *names, *more)
        return result

    def at(self, sizes: Mapping[str, int]) -> "Amount":
        """Return the amount with some names replaced by numbers."""
        result = Amount({})
        for names, number in self.terms.items():
            result += Amount.of(number, *[sizes.get(name, name) for name in names])
        return result

    @property
    def number(self) -> int | None:
        """The amount where no name is left in it, else None."""
        return None if any(self.terms) else self.terms.get((), 0)

    def shown(self, unit: str) -> str:
        """Return a number to three digits, `4.19 MB`, or a formula, `512·batch B`."""
        number = self.number
        if number is None or number < 1000:
            return f"{self} {unit}"
        power = 1
        while number >= 999.5 * 1000**power and power < len(_PREFIXES):
            power += 1
        return f"{number / 1000**power:.3g} {_PREFIXES[power - 1]}{unit}"

    def __str__(self) -> str:
        """Return `2,048·batch·t + 3`, highest products first."""
        order = sorted(self.terms, key=lambda names: (-len(names), names))
        parts = []
        for names in order:
            number = self.terms[names]
            shown = [] if number == 1 and names else [f"{number:,}"]
            parts.append("·".join([*shown, *names]))
        return " + ".join(parts) or "0"


def total(amounts: Iterable[Amount]) -> Amount:
    """Return the sum."""
    result = Amount({})
    for amount in amounts:
        result += amount
    return result


def category(node: Node) -> str:
    """Return how a node runs: "leaf", "view", "GEMM", "ufunc" or "other"."""
    if is_leaf(node) or node.op is CONSTANT:
        return "leaf"
    if node.op.view:
        return "view"
    if node.op.gemm is not None:
        return "GEMM"
    return "ufunc" if is_ufunc(node.op) else "other"


class Costs:
    """FLOPs and bytes of nodes: of one step within a loop, of all steps outside.

    Args:
        order: all nodes of the graph, inputs first.
        looping: those that run step by step.
        known: what another graph keeps once, where `order` goes on from it.
    """

    def __init__(
        self,
        order: Sequence[Node],
        looping: Iterable[Node],
        known: Collection[Node] = (),
    ) -> None:
        self.fixed = fixed_in_time(order, known)
        self._looping = set(looping)

    def steps(self, node: Node, user: Node) -> Amount:
        """Return for how many steps `user` deals with a value at once."""
        once = node.type.time is None or node in self.fixed or user in self._looping
        return Amount.of(1 if once else node.type.time or 1)

    def elements(self, node: Node, user: Node) -> Amount:
        """Return how many elements of a value `user` deals with at once."""
        return self.steps(node, user) * Amount.of(*node.type.shape)

    def flops(self, node: Node) -> Amount:
        """Return the floating-point operations of a node."""
        op = node.op
        if category(node) in ("leaf", "view") or op.moves_data:
            return Amount({})
        if op.flops is not None:
            timed = next(filter(self.moves, node.inputs), node)
            return Amount.of(*op.flops(node)) * self.steps(timed, node)
        unary = len(node.inputs) == 1 and not is_ufunc(op)
        return self.elements(node.inputs[0] if unary else node, node)

    def moves(self, node: Node) -> bool:
        """Return True for a value per step that is not the same at every step."""
        return node.type.time is not None and node not in self.fixed

    def size(self, node: Node, user: Node) -> Amount:
        """Return how many bytes of a value `user` deals with at once."""
        return Amount.of(node.dtype.itemsize) * self.elements(node, user)

    def bytes(self, node: Node) -> Amount:
        """Return the bytes of a node's operands and result."""
        if category(node) in ("leaf", "view"):
            return Amount({})
        return total(self.size(x, node) for x in dict.fromkeys([node, *node.inputs]))

    def gemm(self, node: Node) -> tuple[Amount, Amount, Amount, Amount]:
        """Return how many products of (n, k) and (k, m) a GEMM is: count, n, k, m."""
        assert node.op.gemm is not None
        each, n, k, m = (Amount.of(*dims) for dims in node.op.gemm(node))
        many, b = self.steps(node, node) * each, node.inputs[1]
        if b in self.fixed and b.ndim == 2:
            return Amount.of(1), many * n, k, m
        return many, n, k, m
