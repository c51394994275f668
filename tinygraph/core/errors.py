"""Every exception of the engine.

Each says what is wrong, where (names, types, the user's line) and what to do;
the data behind the message are attributes of the exception, declared by its class and
given by keyword. An attribute for which an error has no data is None, or empty.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygraph.core.error_data import TinygraphError, with_data

if TYPE_CHECKING:
    import numpy as np

    from tinygraph.core.delays import Delay
    from tinygraph.core.graph import Graph
    from tinygraph.core.nodes import Node, Op

__all__ = [
    "BackendError",
    "CopyError",
    "DTypeError",
    "DelayClosedError",
    "DelayError",
    "DelayFreeCycleError",
    "DrawingError",
    "DuplicateNameError",
    "FeedDTypeError",
    "FeedError",
    "FeedShapeError",
    "GradientError",
    "InapplicableLawError",
    "IndexRangeError",
    "LawError",
    "LossError",
    "MemoryPlanError",
    "MissingFeedError",
    "NonFiniteError",
    "OpenDelayError",
    "ParameterError",
    "ShapeError",
    "StaticCycleError",
    "StepsError",
    "TimeAxisError",
    "TinygraphError",
    "UnconnectedError",
    "UnknownFeedError",
    "UnknownNameError",
]


Cycle = Sequence[tuple["Node", "Node", int]]
"""(consumer, input, delay), consumers first."""


@with_data
class _TypeClashError(TinygraphError):
    """The base of errors about types that do not fit together.

    Attributes:
        op, operands: the op, and what it is applied to.
        delay, source: a delay, and what it is given as its source.
    """

    op: "Op | None" = None
    operands: "Sequence[Node]" = ()
    delay: "Delay | None" = None
    source: "Node | None" = None


@with_data
class ShapeError(_TypeClashError, ValueError):
    """Shapes do not fit together, or a shape needs arithmetic on a name.

    Attributes:
        op, operands: the op whose operands do not fit.
        delay, source: a delay and its source, of another shape.
        node: that was asked for axes it does not have.
    """

    node: "Node | None" = None


class DTypeError(_TypeClashError, TypeError):
    """Element types clash, or a cast would lose information.

    Attributes:
        op, operands: the op whose operands do not fit.
        delay, source: a delay and its source, of another dtype.
    """


class TimeAxisError(_TypeClashError, TypeError):
    """Two time axes meet in one op, or a time op is given a static node.

    Attributes:
        op, operands: the op in which two time axes meet.
        delay, source: a delay and its source, over another time axis.
    """


@with_data
class DelayError(TinygraphError, ValueError):
    """A delay is made, closed or replaced in a way that has no meaning.

    Attributes:
        delay: the delay, where it is made already.
        slot: its init or history, where that is at fault.
    """

    delay: "Delay | None" = None
    slot: "Node | None" = None


class DelayClosedError(DelayError):
    """`close` was called on a delay that has a source already."""


@with_data
class OpenDelayError(DelayError):
    """A graph holds a delay whose loop was never closed.

    Attributes:
        delays: all that are open.
    """

    delays: "Sequence[Delay]"


@with_data
class DelayFreeCycleError(TinygraphError, ValueError):
    """The total delay of some closed walk is zero: no node on it can run first.

    Attributes:
        cycles: one of total delay zero, or a positive and a negative one that meet.
    """

    cycles: Sequence[Cycle]


@with_data
class StaticCycleError(TinygraphError, ValueError):
    """A static node (one value in all) stands on a cycle through time.

    Attributes:
        node: the static node.
        cycles: a shortest one through it.
    """

    node: "Node"
    cycles: Sequence[Cycle]


@with_data
class DuplicateNameError(TinygraphError, ValueError):
    """Two leaves, two delays or two random nodes of one graph share a name.

    Attributes:
        name: the name.
        nodes: that have it, in the order of the graph.
    """

    name: str
    nodes: "Sequence[Node]"


class UnknownNameError(TinygraphError, KeyError):
    """A name (of an output, a delay, a node) that the graph does not have."""

    def __str__(self) -> str:
        return self.message


class FeedError(TinygraphError, ValueError):
    """The base of what can be wrong with the feeds of a call."""


@with_data
class UnknownFeedError(FeedError):
    """A feed that names no leaf of the graph.

    Attributes:
        feed: the key of `feeds`, a name or a node.
    """

    feed: Any


@with_data
class MissingFeedError(FeedError):
    """A leaf without a value, or a dimension or time axis nothing binds.

    Attributes:
        leaf: that has no value.
        name: of the dimension or time axis.
    """

    leaf: "Node | None" = None
    name: str | None = None


@with_data
class FeedShapeError(FeedError, ShapeError):
    """A fed array has the wrong shape, or two leaves disagree on a dimension.

    Attributes:
        leaf: that is fed.
        wanted, got: its shape, time included, and the array's.
        name, sizes: of the dimension on which two leaves disagree.
    """

    leaf: "Node | None" = None
    wanted: tuple[int | str, ...] | None = None
    got: tuple[int, ...] | None = None
    name: str | None = None
    sizes: tuple[int, int] | None = None


@with_data
class FeedDTypeError(FeedError, DTypeError):
    """A fed array cannot be cast safely to its leaf's dtype.

    Attributes:
        leaf: that is fed.
        wanted, got: its dtype and the array's.
    """

    leaf: "Node"
    wanted: "np.dtype[Any]"
    got: "np.dtype[Any]"


@with_data
class StepsError(FeedError):
    """T is zero, or feeds and `steps` disagree on the number of steps.

    Attributes:
        leaf: whose array has no step.
        name, sizes: of the time axis on whose steps two disagree.
        node: that picks a step which the run does not have.
    """

    leaf: "Node | None" = None
    name: str | None = None
    sizes: tuple[int, int] | None = None
    node: "Node | None" = None


@with_data
class CopyError(TinygraphError, TypeError):
    """What cannot be copied deeply, or pickled.

    Attributes:
        node: that cannot be.
    """

    node: "Node | None" = None


class ParameterError(TinygraphError, ValueError):
    """A parameter is unknown, or its new value has another shape or dtype."""


@with_data
class GradientError(TinygraphError, ValueError):
    """The base of what can be wrong with a request for a derivative.

    Attributes:
        node: that has no derivative, or whose op's rule is wrong.
    """

    node: "Node | None" = None


@with_data
class IndexRangeError(TinygraphError, IndexError):
    """An index is out of range; names the node, the leaf and the value.

    Attributes:
        index: the first that was found.
        length: of the axis that it indexes.
        node: that reads it.
        roots: where it comes from: leaves, and nodes that compute integers.
    """

    index: int
    length: int
    node: "Node | None" = None
    roots: "Sequence[Node]" = ()


@with_data
class LossError(GradientError, TypeError):
    """The loss is not a float scalar with one value in all.

    Attributes:
        loss: what was given for it.
    """

    loss: Any


class UnconnectedError(GradientError):
    """A node of `wrt` that the loss does not depend on: `node`.

    Of `jvp`: an output that depends on no node of `wrt`.
    """


@with_data
class NonFiniteError(TinygraphError, ArithmeticError):
    """A NaN or an infinity appeared; names the first node and step.

    Attributes:
        node: whose value is the first that is not finite.
        step: at which; None where the node has one value in all.
        update: of a training in which it appeared, counted from one.
    """

    node: "Node | None" = None
    step: int | None = None
    update: int | None = None


class BackendError(TinygraphError, ValueError):
    """An unknown backend, or one that cannot run the graph."""


@with_data
class MemoryPlanError(TinygraphError, ValueError):
    """`memory=` is no plan, or a run cannot be kept within its budget.

    Attributes:
        memory: what was asked for.
        budget, least: bytes allowed and needed, where a call needs more.
    """

    memory: Any = None
    budget: int | None = None
    least: int | None = None


@with_data
class DrawingError(TinygraphError, RuntimeError):
    """A picture cannot be made: no engine, a bad suffix, time ran out.

    Attributes:
        key: of `labels`, `values` or `gradients` that is not in the graph.
        name: of a scope in which no node was made.
        wanted: how many steps are drawn, where an array has another number.
        limit: the seconds after which an engine was stopped.
    """

    key: Any = None
    name: str | None = None
    wanted: int | None = None
    limit: float | None = None


@with_data
class InapplicableLawError(TinygraphError):
    """A law of `tinygraph.testing` says nothing about a graph."""


@with_data
class LawError(TinygraphError, AssertionError):
    """A law of `tinygraph.testing` does not hold for a graph.

    Attributes:
        output, index: where two results differ; no index where all of it does.
        node, order: with respect to what a derivative is wrong, and which.
        got, wanted: the two values.
        graph: that shows it.
    """

    output: str | None = None
    index: tuple[int, ...] | None = None
    node: "Node | None" = None
    order: int | None = None
    got: Any = None
    wanted: Any = None
    graph: "Graph | None" = None
