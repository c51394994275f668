"""open_loop and close_loop: give a delay of a graph another source."""

from tinygraph.core.delays import Delay, lifted_source
from tinygraph.core.errors import DelayError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild


def open_loop(graph: Graph, delay: Delay | str, source: Node) -> Graph:
    """Return the graph with a delay's source replaced by a leaf: teacher forcing.

    Shift and init stay. The cycle shrinks, and more runs vectorised.

    Args:
        delay: of this graph, itself or by name; the new one has the same name.
        source: a node that does not depend on the delay.

    Raises:
        UnknownNameError: the graph has no such delay.
        DelayError: the source depends on the delay.
        ShapeError, DTypeError, TimeAxisError: the source's type differs.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> forced = tg.sequence("forced")
        >>> graph = tg.open_loop(tg.Graph(y), "total", source=forced)
        >>> tg.interpret(graph, {"x": [1.0, 2.0], "forced": [5.0, 6.0]})["output"]
        array([1., 7.], dtype=float32)
    """
    found = graph.delay(delay)
    if any(node is found for node in Graph(source).nodes):
        raise DelayError(
            f"open_loop: the source {source.describe()} depends on delay "
            f"{found.label!r} itself; use tg.close_loop to tie a loop",
            delay=found,
        )
    return _with_source(graph, found, source)


def close_loop(graph: Graph, delay: Delay | str, source: Node) -> Graph:
    """Return the graph with a delay fed from one of its nodes: free running.

    The inverse of `open_loop`.

    Args:
        delay: of this graph, itself or by name; the new one has the same name.
        source: a node of this graph, which may depend on the delay.

    Raises:
        UnknownNameError: the graph has no such delay.
        ShapeError, DTypeError, TimeAxisError: the source's type differs.
        DelayFreeCycleError: the loop would not be well-posed.

    Example:
        >>> x, before = tg.sequence("x"), tg.sequence("before")
        >>> total = tg.delay("total", source=before)
        >>> graph = tg.close_loop(tg.Graph({"y": x + total}), "total", source=x + total)
        >>> tg.interpret(graph, {"x": [1.0, 2.0, 3.0]})
        {'y': array([1., 3., 6.], dtype=float32)}
    """
    return _with_source(graph, graph.delay(delay), source)


def _with_source(graph: Graph, delay: Delay, source: Node) -> Graph:
    lifted = lifted_source(source, delay.type)
    return Graph(rebuild(graph.outputs, sources={delay: lifted}))
