"""A frame: a program linked for one set of sizes, in which one call at a time runs.

Every value has its place before a call begins, so a call is a list of
`function(*arguments)`; only what the call brings (feeds, parameters, the arrays that
it returns) is put into the argument lists first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.binding import Array, Binding, blame
from tinygraph.nodes import Node

Arguments = list[Any]
Instruction = tuple[Callable[..., Any], Arguments, Node | None]
"""What to call, on what, and the node to blame (None: it blames by itself)."""
Patch = tuple[Arguments, int, Node, Callable[[Array], Any] | None]
"""Where a late value goes: `arguments[place] = change(value)`."""


@dataclass
class Frame:
    """A linked program.

    Attributes:
        finders: late node → how a call finds its value, in order.
        patches: where late values go.
        prologue: what depends on parameters alone.
        main: the rest.
        places: node → its value, in the same place in every call.
        late: node → its value in the call that runs.
        binding: of the call that runs.
        nbytes: memory the places take.
    """

    finders: list[tuple[Node, Callable[["Frame"], Array]]] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    prologue: list[Instruction] = field(default_factory=list)
    main: list[Instruction] = field(default_factory=list)
    places: dict[Node, Array] = field(default_factory=dict)
    late: dict[Node, Array] = field(default_factory=dict)
    binding: Binding | None = None
    nbytes: int = 0
    _version: int | None = None

    def run(
        self, binding: Binding, version: int | None, outputs: Mapping[str, Node]
    ) -> dict[str, Array]:
        """Run the program once.

        Args:
            version: of the parameters; what depends on them alone is kept while it
                stays the same. None: recompute it.
        """
        self.binding = binding
        late = self.late
        for node, find in self.finders:
            late[node] = find(self)
        for arguments, place, node, change in self.patches:
            value = late[node]
            arguments[place] = value if change is None else change(value)
        if version is None or version != self._version:
            self._version = None
            execute(self.prologue)
            self._version = version
        execute(self.main)
        results = self._results(outputs)
        self._forget()
        return results

    def _forget(self) -> None:
        """Let go of what belongs to the caller."""
        self.late.clear()
        self.binding = None
        for arguments, place, _, _ in self.patches:
            arguments[place] = None

    def _results(self, outputs: Mapping[str, Node]) -> dict[str, Array]:
        """Return the outputs: what stays here, or came as a feed, is copied."""
        binding = self.binding
        assert binding is not None
        shared = {id(array) for array in binding.values.values()}
        results: dict[str, Array] = {}
        for name, node in outputs.items():
            late = node in self.late
            array = self.late[node] if late else self.places[node]
            time = node.type.time
            if time is not None and len(array) != binding.sizes[time]:
                array = np.broadcast_to(array, (binding.sizes[time], *array.shape[1:]))
            if not late or array.base is not None or id(array) in shared:
                array = np.array(array)
            shared.add(id(array))
            results[name] = array
        return results


def execute(program: Sequence[Instruction]) -> None:
    """Run instructions in order; an error names the node it came from."""
    node: Node | None = None
    try:
        for each in program:
            function, arguments, node = each
            function(*arguments)
    except Exception as problem:
        if node is not None:
            blame(problem, node)
        raise
