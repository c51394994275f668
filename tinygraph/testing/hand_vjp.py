"""The backward pass of one function of arrays, written by hand: for `check_vjp`."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygraph.compiling import compile
from tinygraph.core.errors import TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.semantics.autodiff import vjp
from tinygraph.testing.feeding import Steps, restricted, steps_by_axis
from tinygraph.testing.hand_comparing import check_gradient, check_value


@dataclass(frozen=True)
class Application:
    """A function of nodes, applied once.

    Attributes:
        function: what was applied; its arguments are named in messages.
        leaves, results: nodes that it got and returned.
        cotangents: a leaf for each result.
        feeds: name → array, for all of these leaves.
        steps: T of the time axis of the leaves.
    """

    function: Callable[..., Any]
    leaves: Sequence[Node]
    results: Sequence[Node]
    cotangents: Sequence[Node]
    feeds: Mapping[str, Any]
    steps: Steps

    def run(self, outputs: Mapping[str, Node]) -> dict[str, Any]:
        """Return arrays by name."""
        graph = Graph(outputs)
        axes = steps_by_axis(graph, self.steps)
        return dict(compile(graph, "numpy")(restricted(self.feeds, graph), axes))

    def check_forward(self, forward: Callable[..., Any]) -> None:
        """Check the value of each result; LawError where one is wrong."""
        wanted = self.run({f"{i}": node for i, node in enumerate(self.results)})
        found = forward(*(self.feeds[leaf.label] for leaf in self.leaves))
        values = _in_order(found, len(wanted), "forward", "result")
        for (i, exact), got in zip(wanted.items(), values, strict=True):
            check_value(f"result {i}", got, exact, Graph([*self.results][int(i)]))

    def check_backward(self, backward: Callable[..., Any]) -> None:
        """Check the cotangent of each float leaf; LawError where one is wrong."""
        floats = [leaf for leaf in self.leaves if leaf.type.is_float]
        exact = vjp([*self.results], floats, [*self.cotangents], "zeros")
        named = {leaf.label: node for leaf, node in zip(floats, exact, strict=True)}
        wanted = self.run(named)
        given = [*self.leaves, *self.cotangents]
        found = backward(*(self.feeds[leaf.label] for leaf in given))
        values = _in_order(found, len(self.leaves), "backward", "argument")
        graph = Graph({f"{i}": node for i, node in enumerate(self.results)})
        for i, (leaf, got) in enumerate(zip(self.leaves, values, strict=True)):
            if leaf.label in wanted:
                called = f"{self.name(i)!r} (argument {i})"
                check_gradient(called, got, wanted[leaf.label], leaf, graph)

    def name(self, i: int) -> str:
        """Return what the function calls an argument, or else `x0`, `x1` …."""
        try:
            signature = inspect.signature(self.function)
            return list(signature.bind(*self.leaves).arguments)[i]
        except (TypeError, ValueError, IndexError):
            return f"x{i}"


def _in_order(found: Any, count: int, what: str, of: str) -> list[Any]:
    """Return what a function by hand returns as a list of one for each."""
    values = [*found] if isinstance(found, (tuple, list)) else [found]
    if len(values) != count:
        raise TinygraphError(
            f"{what} must return an array for each {of}, {count} in all (a tuple, in "
            f"order), but returns {len(values)}"
        )
    return values
