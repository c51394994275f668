"""The reference interpreter as a backend."""

from tinygraph.core.graph import Graph
from tinygraph.runtime.program import Report, Version
from tinygraph.semantics.binding import Array, Binding
from tinygraph.semantics.interpreter import evaluate_by_definition


class InterpretedProgram:
    """A graph run by its definition.

    Args:
        threads: has no effect; values are made one after the other.
    """

    def __init__(self, graph: Graph, threads: int | None = None) -> None:
        self.graph = graph

    def run(self, binding: Binding, version: Version | None) -> dict[str, Array]:
        """Return the outputs by name."""
        return evaluate_by_definition(self.graph, binding)

    def source(self) -> str:
        """Return nothing: no code is generated."""
        return ""

    def report(self) -> Report:
        """Return that there is no plan."""
        remark = "The interpreter follows the definition, value by value: no schedule."
        return Report(self.graph, remark=remark)
