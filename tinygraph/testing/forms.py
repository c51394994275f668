"""The law of forms: written another way, a graph means the same and costs the same.

Costs are counted, not timed: FLOPs and bytes of a call, as a backend schedules it.
"""

from collections.abc import Mapping, Sequence

from tinygraph.backends.registry import find, maker
from tinygraph.core.errors import LawError
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild
from tinygraph.core.types import names_in
from tinygraph.explaining.work import work
from tinygraph.rewriting import optimise
from tinygraph.semantics.interpreter import interpret
from tinygraph.testing.choices import Choices, by_seed
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.feeding import Steps, feeds_for
from tinygraph.testing.restating import RESTATEMENTS, Restatement
from tinygraph.testing.tolerances import GRADIENTS

ALLOWED = 0.05
"""By how much the work of two forms may differ, relative to the smaller."""

SIZE, STEPS = 32, 64
"""What a named dimension and a time axis count as."""


def restated(
    graph: GraphLike,
    seed: str | int = 0,
    restatements: Sequence[Restatement] = RESTATEMENTS,
    *,
    share: int = 2,
) -> Graph:
    """Return a graph with the same leaves and outputs, written another way.

    Args:
        graph: a graph, or its outputs.
        seed: of the choices: where, and which way.
        restatements: those that are chosen from.
        share: one node in so many is restated, of those that can be.

    Example:
        >>> x = tg.placeholder("x", ("batch", 2))
        >>> testing.restated({"y": tg.sigmoid(x)}, share=1).outputs["y"].op.name
        'divide'
    """
    choices = by_seed(seed)

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        if choices.below(share):
            return None
        return _one_of(node, parts, choices, restatements)

    whole = as_graph(graph)
    return Graph(rebuild(whole.outputs, make=make, touched=lambda node: True))


def _one_of(
    node: Node,
    parts: tuple[Node, ...],
    choices: Choices,
    restatements: Sequence[Restatement],
) -> Node | None:
    """Return what the first restatement that applies makes, from a chosen one on."""
    first = choices.below(len(restatements))
    for restate in [*restatements[first:], *restatements[:first]]:
        new = restate(node, parts)
        if new is not None and new.type == node.type:
            return new
    return None


def check_forms(
    graph: GraphLike,
    other: GraphLike,
    steps: Steps = 3,
    *,
    backends: Sequence[str] = ("numpy", "native"),
    sizes: Mapping[str, int] | None = None,
    allowed: float = ALLOWED,
) -> None:
    """Check that two forms of a graph have the same values and nearly the same work.

    Args:
        graph: a graph, or its outputs.
        other: the same, written another way; see `restated`.
        steps: T of the run whose values are compared, or T by time axis.
        backends: whose rewrites are counted.
        sizes: name of a dimension or time axis → what it counts as.
        allowed: by how much FLOPs and bytes may differ, relative to the smaller.

    Raises:
        LawError: values differ, or the work does.

    Example:
        >>> x = tg.sequence("x", ("batch", 8))
        >>> w = tg.parameter("w", np.ones((8, 4), "float32"))
        >>> testing.check_forms({"y": x @ w}, {"y": (w.T @ x.T).T})
    """
    one, two = as_graph(graph), as_graph(other)
    feeds = feeds_for(one, steps)
    wanted, got = interpret(one, feeds, steps), interpret(two, feeds, steps)
    assert_same_values(got, wanted, kind=GRADIENTS, law="the law of forms", graph=two)
    for backend in backends:
        costs = [_counted(each, backend, sizes or {}) for each in (one, two)]
        for what, first, second in zip(("FLOPs", "bytes"), *costs, strict=True):
            least, most = sorted((first, second))
            if most > (1 + allowed) * least:
                raise LawError(
                    f"the law of forms: {backend} has {first:,} {what} for the graph "
                    f"and {second:,} for its other form, {most / least - 1:.1%} apart"
                )


def _counted(graph: Graph, backend: str, sizes: Mapping[str, int]) -> tuple[int, int]:
    """Return the FLOPs and bytes of a call with new parameters.

    What the backend rewrites is scheduled for NumPy: nothing is compiled.
    """
    optimised = optimise(graph, find(backend).without).graph
    done = work(maker(find("numpy"))(optimised).report())
    names = {name for node in optimised for name in names_in(node.type.shape)}
    known = {**dict.fromkeys(names, SIZE), **dict.fromkeys(graph.times, STEPS), **sizes}
    flops, size = (amount.at(known).number for amount in done)
    assert flops is not None
    assert size is not None
    return flops, size
