"""Siblings in random graphs: several small states that do the same thing, coupled."""

import functools
from collections.abc import Callable, Sequence

from tinygraph.core.building import cast, constant
from tinygraph.core.delays import delay
from tinygraph.core.leaves import parameter, sequence
from tinygraph.core.nodes import Node
from tinygraph.core.types import Shape
from tinygraph.ops.arithmetic import add, add_n
from tinygraph.ops.functions import sigmoid, tanh
from tinygraph.testing.growing import Growth, without_names

COUNTS = (4, 5, 6)
COUPLINGS: tuple[Callable[[int, int], int | None], ...] = (
    lambda i, n: None,
    lambda i, n: (i + 1) % n,
    lambda i, n: i + 1 if i + 1 < n else None,
    lambda i, n: n - 1 - i,
    lambda i, n: (i * 5 + 2) % n,
    lambda i, n: 0,
)
"""(number of a sibling, how many there are) → which one it reads besides itself."""


def grow_siblings(g: Growth) -> None:
    """Draw siblings, closed, and add some of them: now and then one is different."""
    count, shape, k = g.pick(COUNTS), g.shape(), g.steps()
    init = g.pick(siblings_inits(g))
    states = [
        delay(g.name("d"), steps=k, shape=shape, dtype=g.dtype, **slots)
        for slots in [g.slots(shape, g.dtype, k, init) for _ in range(count)]
    ]
    coupling = g.pick(COUPLINGS)
    own, other, given = (_operands(g, shape, count) for _ in range(3))
    odd = g.pick((None, None, None, count - 1))
    made: list[Node] = []
    for i, state in enumerate(states):
        z = state * own[i] + given[i]
        partner = coupling(i, count)
        if partner is not None:
            z = z + states[partner] * other[i]
        made.append(cast(sigmoid(z) if i == odd else tanh(z), g.dtype))
    for state, node in zip(states, made, strict=True):
        state.close(node)
    for node in dict.fromkeys(g.some(made, 2)):
        g.add(node)
    g.add(tanh(g.pick((_chained, _at_once))([node * node for node in made])))
    g.states.append(g.floats[-1])


def siblings_inits(g: Growth) -> list[str]:
    """Return the wished inits that states of a cycle of their own can have."""
    return [init for init in g.wishes.inits if init != "replicate"]


def _chained(nodes: Sequence[Node]) -> Node:
    return functools.reduce(add, nodes)


def _at_once(nodes: Sequence[Node]) -> Node:
    return add_n(*nodes)


def _operands(g: Growth, shape: Shape, count: int) -> Sequence[Node]:
    """Draw an operand of each: its own, or one for all."""
    narrow = without_names(shape)

    def weight(i: int) -> Node:
        name = g.name("p")
        return parameter(name, g.array(narrow, name))

    ways: tuple[Callable[[int], Node], ...] = (
        weight,
        lambda i: sequence(g.name("s"), shape, g.dtype),
        lambda i: cast(constant(0.5 + 0.25 * (i % 2)), g.dtype),
    )
    if g.draw_bool():
        return [g.shaped(shape)] * count
    return [way(i) for way in [g.pick(ways)] for i in range(count)]
