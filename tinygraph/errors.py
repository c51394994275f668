"""Every exception of the engine, on one screen.

Each says what is wrong, where (names, types, the user's line) and what to do;
the data behind the message are attributes of the exception.
"""

from typing import Any

__all__ = [
    "BackendError",
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


class TinygraphError(Exception):
    """The base of every error that tinygraph raises on purpose."""

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.data = data

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None


class ShapeError(TinygraphError, ValueError):
    """Shapes do not fit together, or a shape needs arithmetic on a name."""


class DTypeError(TinygraphError, TypeError):
    """Element types clash, or a cast would lose information."""


class TimeAxisError(TinygraphError, TypeError):
    """Two time axes meet in one op, or a time op is given a static node."""


class DelayError(TinygraphError, ValueError):
    """A delay is made, closed or replaced in a way that has no meaning."""


class DelayClosedError(DelayError):
    """`close` was called on a delay that has a source already."""


class OpenDelayError(DelayError):
    """A graph holds a delay whose loop was never closed."""


class DelayFreeCycleError(TinygraphError, ValueError):
    """The total delay of some closed walk is zero: no node on it can run first."""


class StaticCycleError(TinygraphError, ValueError):
    """A static node (one value in all) stands on a cycle through time."""


class DuplicateNameError(TinygraphError, ValueError):
    """Two leaves, two delays or two random nodes of one graph share a name."""


class UnknownNameError(TinygraphError, KeyError):
    """A name (of an output, a delay, a node) that the graph does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


class FeedError(TinygraphError, ValueError):
    """The base of what can be wrong with the feeds of a call."""


class UnknownFeedError(FeedError):
    """A feed that names no leaf of the graph."""


class MissingFeedError(FeedError):
    """A leaf without a value, or a dimension or time axis nothing binds."""


class FeedShapeError(FeedError, ShapeError):
    """A fed array has the wrong shape, or two leaves disagree on a dimension."""


class FeedDTypeError(FeedError, DTypeError):
    """A fed array cannot be cast safely to its leaf's dtype."""


class StepsError(FeedError):
    """T is zero, or feeds and `steps` disagree on the number of steps."""


class ParameterError(TinygraphError, ValueError):
    """A parameter is unknown, or its new value has another shape or dtype."""


class GradientError(TinygraphError, ValueError):
    """The base of what can be wrong with a request for a derivative."""


class LossError(GradientError, TypeError):
    """The loss is not a float scalar with one value in all."""


class UnconnectedError(GradientError):
    """A node of `wrt` that the loss does not depend on."""


class NonFiniteError(TinygraphError, ArithmeticError):
    """A NaN or an infinity appeared; names the first node and step."""


class BackendError(TinygraphError, ValueError):
    """An unknown backend, or one that cannot run the graph."""


class MemoryPlanError(TinygraphError, ValueError):
    """`memory=` is no plan, or a run cannot be kept within its budget."""


class DrawingError(TinygraphError, RuntimeError):
    """A picture cannot be made: no engine, a bad suffix, time ran out."""


class LawError(TinygraphError, AssertionError):
    """A law of `tinygraph.testing` does not hold for a graph."""
