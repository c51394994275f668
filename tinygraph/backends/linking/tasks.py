"""What a linked program is made of: tasks, in the order in which they run."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence

from tinygraph.backends.linking.linker import Linker
from tinygraph.core.nodes import Node
from tinygraph.runtime.program import Part, Straight


class Task(ABC):
    """A piece of work that adds its calls to a frame: a node, or many as one.

    Attributes:
        reads: nodes whose values it takes.
        writes: nodes whose values it leaves to others.
        bound: those of `reads` whose arrays it must see before a call begins.
        adjacent: tuples of nodes that it would like to stand side by side.
    """

    reads: Sequence[Node]
    writes: Sequence[Node]
    bound: Sequence[Node] = ()
    adjacent: Sequence[tuple[Node, ...]] = ()

    @abstractmethod
    def link(self, linker: Linker, dying: Collection[Node] = ()) -> None:
        """Add its calls to a frame.

        Args:
            dying: nodes that nobody reads afterwards, so that it may overwrite them.
        """

    @abstractmethod
    def part(self) -> Part:
        """Return what a report says of it."""


def needed(prologue: Sequence[Task], read: Iterable[Node]) -> list[Task]:
    """Return the tasks of a prologue on which any of the nodes read depends."""
    stack = list(read)
    found = set(stack)
    while stack:
        new = [x for x in stack.pop().inputs if x not in found]
        found.update(new)
        stack += new
    return [task for task in prologue if not found.isdisjoint(task.writes)]


def last_reads(tasks: Sequence[Task], kept: Collection[Node]) -> list[list[Node]]:
    """Return for each task the nodes that nobody reads after it.

    Args:
        kept: nodes that are read after the last task, or by the next call.
    """
    last: dict[Node, int] = {}
    for i, task in enumerate(tasks):
        last.update(dict.fromkeys([*task.writes, *task.reads], i))
    found: list[list[Node]] = [[] for _ in tasks]
    for node, i in last.items():
        if node not in kept:
            found[i].append(node)
    return found


def parts_of(tasks: Iterable[Task]) -> list[Part]:
    """Return what a report says of tasks; single nodes in a row are one part."""
    found: list[Part] = []
    for part in (task.part() for task in tasks):
        before = found[-1] if found else None
        if isinstance(part, Straight) and isinstance(before, Straight):
            found[-1] = Straight(
                [*before.nodes, *part.nodes], {**before.why, **part.why}
            )
        else:
            found.append(part)
    return found
