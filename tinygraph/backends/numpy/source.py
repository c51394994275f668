"""The generated source of loops, as text, without a call."""

from collections.abc import Sequence

import numpy as np

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.numpy.loops import GeneratedLoop
from tinygraph.core.nodes import Node
from tinygraph.core.types import names_in
from tinygraph.ops.invariance import fixed_in_time
from tinygraph.semantics.binding import Binding


def sources(loops: Sequence[GeneratedLoop], order: Sequence[Node]) -> str:
    """Return the source of each loop, in the order in which they run.

    It depends on the graph alone, so the smallest sizes do: all dimensions 1, and as
    many steps as show the first, the middle and the last iterations.

    Args:
        order: all nodes of the graph, inputs first.
    """
    fixed = fixed_in_time(order)
    parts = []
    for i, generated in enumerate(loops, 1):
        loop = generated.loop
        way = "backwards" if loop.backwards else "forwards"
        parts.append(f"# loop {i} of {len(loops)}, {way} over {loop.time!r}\n")
        parts += _functions(generated, fixed)
    return "\n".join(parts)


def _functions(generated: GeneratedLoop, fixed: set[Node]) -> list[str]:
    loop, entries = generated.loop, generated.plan.entries
    slots = [x for node in loop.members for x in node.inputs if x.type.time is None]
    steps = max(loop.lags) + 2
    shapes = [node.type.shape for node in [*loop.members, *entries, *slots]]
    sizes = {name: 1 for shape in shapes for name in names_in(shape)}
    sizes[loop.time] = steps
    linker = Linker(Binding({}, sizes, 0, 0, ()))
    for nodes in generated.adjacent:
        linker.memory.lay_out(nodes)
    for node in [*entries, *slots]:
        if node in fixed:
            shape = linker.binding.shape(node.type.shape)
            linker.values.know(node, np.zeros((1, *shape), node.dtype))
        else:
            linker.values.new(node, linker.values.shape(node))
    return list(dict.fromkeys(segment.code for segment in generated.link(linker)))
