"""A frame: a program linked for one set of sizes, in which one call at a time runs.

Every value has its array before a call begins, so a call is a list of
`function(*arguments)`; only what the call brings (feeds, parameters, the arrays that
it returns) is put into the argument lists first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tinygraph.core.nodes import Node
from tinygraph.runtime.program import Version
from tinygraph.semantics.binding import Array, Binding
from tinygraph.semantics.blame import blame

Arguments = list[Any]
BoundCall = tuple[Callable[..., Any], Arguments, Node | None]
"""What to call, on what, and the node to blame (None: it blames by itself)."""
Patch = tuple[Arguments, int, Callable[[Array], Any] | None]
"""Where a late value goes: `arguments[position] = change(value)`."""
Finder = Callable[[Mapping[Node, Array]], Array]
"""Gives a late value of a call; it is given those of the leaves."""


@dataclass
class LateValue:
    """A value that only a call knows: how the call finds it, and where it goes.

    Attributes:
        lasting: the value of a parameter, which stays where it went: many calls bring
            the same array, and nobody writes to it. A feed in its place does not stay.
        stayed: the value of a parameter that is there from an earlier call.
    """

    find: Finder
    lasting: bool
    patches: list[Patch] = field(default_factory=list)
    stayed: Array | None = None

    def deliver(self, value: Array) -> None:
        """Put the value of a call where it goes."""
        for arguments, position, change in self.patches:
            arguments[position] = value if change is None else change(value)

    def withdraw(self) -> None:
        """Let go of the value of a call."""
        for arguments, position, _ in self.patches:
            arguments[position] = None


@dataclass
class CallState:
    """What bound calls may ask about the call that runs.

    Attributes:
        binding: of the call; None between calls.
        own_parameters: True while no feed overrides a parameter.
        one_thread: True while products may use no more than one thread.
    """

    binding: Binding | None = None
    own_parameters: bool = True
    one_thread: bool = True


class Output(NamedTuple):
    """An output of a frame.

    Attributes:
        arguments: a list of one: its value.
        own: True where that is an array of the caller's own.
        steps: T; None for a static value.
        copy: makes the array that the caller is given otherwise.
    """

    name: str
    arguments: Arguments
    own: bool
    steps: int | None
    copy: Callable[[], Array]


@dataclass
class Frame:
    """A linked program.

    Attributes:
        key: the number of threads and the sizes for which it was linked.
        prologue: the calls that depend on parameters alone.
        main: the other calls.
        late: what only a call knows, by node.
        outputs: what a call returns.
        state: of the call that runs.
        arrays: node → its value, in the same array in every call.
        nbytes: memory the arrays take.
    """

    key: Any
    prologue: Sequence[BoundCall]
    main: Sequence[BoundCall]
    late: Mapping[Node, LateValue]
    outputs: Sequence[Output]
    state: CallState
    arrays: Mapping[Node, Array]
    nbytes: int
    _version: Version | None = None

    def run(
        self, binding: Binding, version: Version | None, *, one_thread: bool = True
    ) -> dict[str, Array]:
        """Run the program once; return the outputs, arrays of the caller's own.

        Args:
            version: of the parameters; what depends on them alone is kept while it
                stays the same. None: recompute it.
            one_thread: products may use no more than one thread.
        """
        state = self.state
        state.binding = binding
        state.own_parameters = not binding.overridden
        state.one_thread = one_thread
        passing = self._deliver(binding.values)
        if version is None or version != self._version:
            self._version = None
            execute(self.prologue)
            self._version = version
        execute(self.main)
        results = self._results()
        state.binding = None
        for late in passing:
            late.withdraw()
        return results

    def _deliver(self, values: Mapping[Node, Array]) -> list[LateValue]:
        """Put late values where they go; return those that do not last."""
        passing = []
        stays = self.state.own_parameters
        for late in self.late.values():
            value = late.find(values)
            if not late.lasting:
                late.deliver(value)
                passing.append(late)
            elif value is not late.stayed:
                late.deliver(value)
                late.stayed = value if stays else None
        return passing

    def _results(self) -> dict[str, Array]:
        """Return the outputs: what stays here, or came as a feed, is copied."""
        results: dict[str, Array] = {}
        given: set[int] = set()
        for name, (array,), own, steps, copy in self.outputs:
            if steps is not None and len(array) != steps:
                array = np.broadcast_to(array, (steps, *array.shape[1:]))
            if not own or id(array) in given:
                place = copy()
                np.copyto(place, array)
                array = place
            given.add(id(array))
            results[name] = array
        return results


def execute(calls: Sequence[BoundCall]) -> None:
    """Run calls in order; an error names the node it came from."""
    node: Node | None = None
    try:
        for each in calls:
            function, arguments, node = each
            function(*arguments)
    except Exception as problem:
        if node is not None:
            blame(problem, node)
        raise
