"""A frame: a program linked for one set of sizes, in which one call at a time runs.

Every value has its place before a call begins, so a call is a list of
`function(*arguments)`; only what the call brings (feeds, parameters, the arrays that
it returns) is put into the argument lists first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.core.nodes import Node
from tinygraph.semantics.binding import Array, Binding
from tinygraph.semantics.blame import blame

Arguments = list[Any]
Instruction = tuple[Callable[..., Any], Arguments, Node | None]
"""What to call, on what, and the node to blame (None: it blames by itself)."""
Patch = tuple[Arguments, int, Callable[[Array], Any] | None]
"""Where a late value goes: `arguments[place] = change(value)`."""
Finder = Callable[[Mapping[Node, Array]], Array]
"""Gives a late value of a call; it is given those of the leaves."""


@dataclass
class Supply:
    """A late value: how a call finds it, and where it goes.

    Attributes:
        lasting: the value of a parameter, which stays where it went: many calls bring
            the same array, and nobody writes to it. A feed in its place does not stay.
        known: the value that stayed.
    """

    find: Finder
    lasting: bool
    patches: list[Patch] = field(default_factory=list)
    known: Array | None = None

    def deliver(self, value: Array) -> None:
        """Put the value of a call where it goes."""
        for arguments, place, change in self.patches:
            arguments[place] = value if change is None else change(value)

    def withdraw(self) -> None:
        """Let go of the value of a call."""
        for arguments, place, _ in self.patches:
            arguments[place] = None


@dataclass
class Frame:
    """A linked program.

    Attributes:
        supplies: what only a call knows, by node.
        prologue: what depends on parameters alone.
        main: the rest.
        outputs: name, its value, whether that is the caller's own, and T.
        places: node → its value, in the same place in every call.
        binding: of the call that runs.
        stays: True while no feed of the running call overrides a parameter.
        alone: True while products may use no more than one thread.
        nbytes: memory the places take.
        key: the number of threads and the sizes for which it was linked.
    """

    supplies: dict[Node, Supply] = field(default_factory=dict)
    prologue: list[Instruction] = field(default_factory=list)
    main: list[Instruction] = field(default_factory=list)
    outputs: list[tuple[str, Arguments, bool, int | None]] = field(default_factory=list)
    places: dict[Node, Array] = field(default_factory=dict)
    binding: Binding | None = None
    alone: bool = True
    stays: bool = True
    nbytes: int = 0
    key: Any = None
    _version: int | None = None

    def run(self, binding: Binding, version: int | None) -> dict[str, Array]:
        """Run the program once; return the outputs, arrays of the caller's own.

        Args:
            version: of the parameters; what depends on them alone is kept while it
                stays the same. None: recompute it.
        """
        self.binding = binding
        self.stays = not binding.overridden
        passing = self._deliver(binding.values)
        if version is None or version != self._version:
            self._version = None
            execute(self.prologue)
            self._version = version
        execute(self.main)
        results = self._results()
        self.binding = None
        for supply in passing:
            supply.withdraw()
        return results

    def _deliver(self, values: Mapping[Node, Array]) -> list[Supply]:
        """Put late values where they go; return the supplies that do not last."""
        passing = []
        for supply in self.supplies.values():
            value = supply.find(values)
            if not supply.lasting:
                supply.deliver(value)
                passing.append(supply)
            elif value is not supply.known:
                supply.deliver(value)
                supply.known = value if self.stays else None
        return passing

    def _results(self) -> dict[str, Array]:
        """Return the outputs: what stays here, or came as a feed, is copied."""
        results: dict[str, Array] = {}
        given: set[int] = set()
        for name, (array,), own, steps in self.outputs:
            if steps is not None and len(array) != steps:
                array = np.broadcast_to(array, (steps, *array.shape[1:]))
            if not own or id(array) in given:
                array = np.array(array)
            given.add(id(array))
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
