"""The choice between two ways to compute one thing: by FLOPs and bytes, not by order.

The cost model is the one that `explain` tells (`ops.costs`). Named dimensions have no
size when a graph is rewritten, so each counts as one usual number.
"""

from collections.abc import Iterable, Mapping

from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach, strongly_connected
from tinygraph.ops.costs import Costs
from tinygraph.rewriting.facts import Facts

USUAL = 32
"""What a named dimension, and a number of steps, counts as where sizes decide."""

BALANCE = 4
"""How many FLOPs take as long as a byte read or written, on one thread."""


def cheaper(facts: Facts, found: Mapping[Node, Node]) -> bool:
    """Return True if the new nodes cost less than the old ones that go with them.

    What other nodes read too is not gone, nor what the new ones read; what the graph
    holds already costs nothing.
    """
    new = _new(facts, found.values())
    gone = dict.fromkeys(facts.only_for(found))

    def read(node: Node) -> list[Node]:
        return [x for x in node.inputs if x in gone]

    roots = [x for x in found.values() if x in gone]
    kept = reach([*roots, *(x for node in new for x in read(node))], read)
    costs = Costs(new, facts.home, facts.fixed)
    old = [node for node in gone if node not in kept]
    prices = [_price(costs, filter(facts.costs, each)) for each in (new, old)]
    return prices[0] < prices[1]


def _new(facts: Facts, roots: Iterable[Node]) -> list[Node]:
    """Return the nodes that the graph does not have yet, inputs first."""

    def before(node: Node) -> list[Node]:
        return [x for x in node.inputs if x not in facts.there]

    found = reach([x for x in roots if x not in facts.there], before)
    return [part[0] for part in strongly_connected(list(found), before)]


def _price(costs: Costs, nodes: Iterable[Node]) -> int:
    price = 0
    for node in nodes:
        types = [node.type, *(x.type for x in node.inputs)]
        names = (name for each in types for name in (*each.shape, each.time))
        sizes = dict.fromkeys(map(str, names), USUAL)
        flops, moved = costs.flops(node).at(sizes), costs.bytes(node).at(sizes)
        price += (flops.number or 0) + BALANCE * (moved.number or 0)
    return price
