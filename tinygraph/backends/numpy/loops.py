"""Loops on NumPy: one flat program, generated from the plan.

The program is Python source: a `for` over lists of per-step views, one kernel call a
line; no graph walk, no look-up and no allocation within.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.backends.linking.frames import CallState
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.numpy.codegen import HEAD_LINES, SegmentWriter
from tinygraph.backends.numpy.workspace import Workspace
from tinygraph.core.nodes import Node
from tinygraph.ops.linalg import MATMUL
from tinygraph.runtime.blas import BLAS
from tinygraph.scheduling.horizontal import calls, siblings
from tinygraph.scheduling.order import Loop
from tinygraph.scheduling.planning import Instruction, plan_loop
from tinygraph.semantics.binding import Array
from tinygraph.semantics.blame import blame

FILENAME = "<tinygraph loop>"
"""What tracebacks call the source of a loop."""
WIDE = 2**22
"""Multiplications in a product of a step from which on several threads may share it."""


@dataclass(frozen=True)
class Segment:
    """Iterations in which the same members are active: a function, and its source.

    Attributes:
        narrow: True where the products of a step are too small for several threads.
        state: of the call that runs.
    """

    function: Callable[..., None]
    code: str
    nodes: list[Node]
    narrow: bool
    state: CallState

    def __call__(self, constants: list[Any], *columns: list[Any]) -> None:
        """Run the iterations on prepared views."""
        limited = self.narrow and not self.state.one_thread
        if limited:
            BLAS.enter(1)
        try:
            self.function(constants, *columns)
        except Exception as problem:
            self._blame(problem)
            raise
        finally:
            if limited:
                BLAS.leave(1)

    def _blame(self, problem: Exception) -> None:
        """Blame the node whose line of the program failed."""
        trace = problem.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != FILENAME:
            trace = trace.tb_next
        if trace is None or trace.tb_lineno <= HEAD_LINES:
            problem.add_note("while feeding a loop")
        else:
            blame(problem, self.nodes[trace.tb_lineno - HEAD_LINES - 1])


class GeneratedLoop:
    """A loop ready to be linked: its plan, and its generated functions.

    Args:
        exported: nodes that something outside their loop reads.
        made: nodes outside loops that may be computed into any array.

    Attributes:
        adjacent: tuples of nodes outside the loop that it wants side by side.
    """

    def __init__(self, loop: Loop, exported: set[Node], made: Set[Node]) -> None:
        self.loop = loop
        self.plan = plan_loop(loop, exported)
        self.exported = [node for node in loop.members if node in exported]
        self.calls = calls(self.plan, made)
        found = (siblings(self.plan, group) for group in self.calls)
        self.adjacent = [each.given for each in found if each is not None]
        self._functions: dict[str, Callable[..., None]] = {}

    def link(self, linker: Linker) -> list[Segment]:
        """Add the loop's instructions to a frame; return its segments."""
        workspace = Workspace(self.plan, linker)
        weights = {node: in_order(linker, node) for node in self._weights()}
        for delay, slots in workspace.slots_to_fill():
            linker.call(np.copyto, [slots, linker.values.of(delay.inputs[-1])], delay)
        segments = [
            self._segment(start, stop, workspace, linker, weights)
            for start, stop in _stretches(self.loop, workspace.steps)
        ]
        for node in self.exported:
            workspace.export(node)
        workspace.finish()
        return segments

    def _weights(self) -> dict[Node, None]:
        """Return the matrices from outside the loop that its steps multiply by."""
        entries = set(self.plan.entries)
        products = [each.node for each in self.plan.instructions if is_product(each)]
        return dict.fromkeys(x.inputs[1] for x in products if x.inputs[1] in entries)

    def _largest_product(self, linker: Linker) -> int:
        """Return the multiplications in the largest product of a step."""
        sizes = [
            math.prod(
                linker.binding.shape((*node.type.shape, node.inputs[0].shape[-1]))
            )
            for node in (each.node for each in self.plan.instructions)
            if node.op is MATMUL
        ]
        return max(sizes, default=WIDE)

    def _segment(
        self,
        start: int,
        stop: int,
        workspace: Workspace,
        linker: Linker,
        weights: Mapping[Node, Any],
    ) -> Segment:
        lag = dict(zip(self.loop.members, self.loop.lags, strict=True))
        writer = SegmentWriter(workspace, linker, weights)
        for group in self.calls:
            late = lag[group[0].node]
            if 0 <= start - late < workspace.steps:
                writer.add_group(group, start - late, stop - late)
        code = writer.source(stop - start)
        if code not in self._functions:
            self._functions[code] = _compiled(code)
        narrow = self._largest_product(linker) < WIDE
        segment = Segment(
            self._functions[code], code, writer.nodes, narrow, linker.state
        )
        linker.fill_in(writer.constants)
        linker.call(segment, [writer.constants, *writer.columns], None)
        return segment


def is_product(each: Instruction) -> bool:
    """Return True for a product of two matrices."""
    node = each.node
    return node.op is MATMUL and all(x.ndim == 2 for x in node.inputs)


def in_order(linker: Linker, node: Node) -> Array | None:
    """Return a copy of a weight with its rows in one piece, None if it is so already.

    A product with a transposed matrix costs up to twice as much, at every step.
    """
    if not linker.values.is_fixed(node):
        return None
    only = linker.values.of(node, lambda array: array[0])
    if not linker.values.is_late(node) and only.flags.c_contiguous:
        return None
    return linker.copy(node, only)


def _stretches(loop: Loop, steps: int) -> list[tuple[int, int]]:
    """Cut the iterations where a member begins or ends to be active."""
    cuts = sorted({cut for lag in loop.lags for cut in (lag, lag + steps)})
    return list(itertools.pairwise(cuts))


def _compiled(code: str) -> Callable[..., None]:
    space: dict[str, Any] = {}
    exec(compile(code, FILENAME, "exec"), space)
    function: Callable[..., None] = space["loop"]
    return function
