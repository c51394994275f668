"""Loops on NumPy: one flat program, generated from the plan.

The program is Python source: a `for` over lists of per-step views, one kernel call a
line; no graph walk, no look-up and no allocation within.
"""

import itertools
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.backends.vectorising import views
from tinygraph.backends.workspaces import Workspace, part_key
from tinygraph.binding import Array, Binding
from tinygraph.nodes import Node
from tinygraph.planning import Instruction, plan_loop, takes_out
from tinygraph.scheduling import Loop

PROGRAM = "<tinygraph loop>"
HEAD_LINES = 3
"""Lines of a generated program before its first kernel call."""


@dataclass(frozen=True)
class Late:
    """A constant or a list that is known only in a call."""

    find: Callable[["Call"], Any]


@dataclass(frozen=True)
class Call:
    """What a call works on.

    Attributes:
        values: what ran before the loop.
        buffers: of this call alone while it runs, kept for the next one.
    """

    values: Mapping[Node, Any]
    binding: Binding
    buffers: MutableMapping[Any, Any]

    def stretch(self, node: Node, cut: Callable[[list[Any]], list[Any]]) -> list[Any]:
        """Return the views of a value at each step, remembered while it stays."""
        array = self.values[node]
        known: tuple[Any, list[Any]] | None = self.buffers.get((node, cut))
        if known is not None and known[0] is array:
            return known[1]
        listed = cut(views(array))
        if node not in self.binding.values:
            self.buffers[(node, cut)] = (array, listed)
        return listed


@dataclass(frozen=True)
class Segment:
    """Iterations in which the same members are active, compiled for a workspace."""

    function: Callable[..., None]
    constants: list[Any]
    columns: list[Any]
    code: str
    nodes: list[Node]

    def run(self, call: Call) -> None:
        """Run the iterations of this segment."""
        constants, columns = (
            [x.find(call) if isinstance(x, Late) else x for x in listed]
            for listed in (self.constants, self.columns)
        )
        try:
            self.function(constants, *columns)
        except Exception as problem:
            problem.add_note(self._blame(problem))
            raise

    def _blame(self, problem: BaseException) -> str:
        """Return which node's line of the program failed."""
        frame = problem.__traceback__
        while frame is not None and frame.tb_frame.f_code.co_filename != PROGRAM:
            frame = frame.tb_next
        if frame is None or frame.tb_lineno <= HEAD_LINES:
            return "while feeding a loop"
        node = self.nodes[frame.tb_lineno - HEAD_LINES - 1]
        return f"in {node.describe()}, made at {node.where}"


class LoopProgram:
    """A loop ready to run; workspaces are handed in."""

    def __init__(self, loop: Loop, exported: set[Node]) -> None:
        self.loop = loop
        self.plan = plan_loop(loop, exported)
        self.exported = [node for node in loop.members if node in exported]
        self._functions: dict[str, Callable[..., None]] = {}

    def workspace(
        self, values: Mapping[Node, Any], binding: Binding
    ) -> tuple[Workspace, list[Segment]]:
        """Return buffers for the sizes of a call, and the program over them."""
        workspace = Workspace(self.plan, binding)
        segments = [
            self._segment(start, stop, workspace, values, binding)
            for start, stop in _stretches(self.loop, workspace.steps)
        ]
        return workspace, segments

    def run(
        self,
        call: Call,
        prepared: tuple[Workspace, list[Segment]],
    ) -> dict[Node, Array]:
        """Run all steps and return what others read: views of the workspace."""
        workspace, segments = prepared
        workspace.fill(call.values)
        for segment in segments:
            segment.run(call)
        return {node: workspace.result(node, call.binding) for node in self.exported}

    def _segment(
        self,
        start: int,
        stop: int,
        workspace: Workspace,
        values: Mapping[Node, Any],
        binding: Binding,
    ) -> Segment:
        lag = dict(zip(self.loop.members, self.loop.lags, strict=True))
        writer = _Writer(workspace, values, binding)
        for each in self.plan.instructions:
            first = start - lag[each.node]
            if 0 <= first < workspace.steps:
                writer.add(each, first, stop - lag[each.node])
        code = writer.source(stop - start)
        if code not in self._functions:
            self._functions[code] = _compiled(code)
        function = self._functions[code]
        return Segment(function, writer.constants, writer.columns, code, writer.nodes)


def _stretches(loop: Loop, steps: int) -> list[tuple[int, int]]:
    """Cut the iterations where a member begins or ends to be active."""
    cuts = sorted({cut for lag in loop.lags for cut in (lag, lag + steps)})
    return list(itertools.pairwise(cuts))


def _compiled(code: str) -> Callable[..., None]:
    space: dict[str, Any] = {}
    exec(compile(code, PROGRAM, "exec"), space)
    function: Callable[..., None] = space["loop"]
    return function


class _Writer:
    """Writes the source of one segment, and gathers what it works on."""

    def __init__(
        self, workspace: Workspace, values: Mapping[Node, Any], binding: Binding
    ) -> None:
        self.plan = workspace.plan
        self.workspace = workspace
        self.values = values
        self.binding = binding
        self.constants: list[Any] = []
        self.columns: list[Any] = []
        self.nodes: list[Node] = []
        self._lines: list[str] = []
        self._names: dict[Any, str] = {}

    def add(self, instruction: Instruction, start: int, stop: int) -> None:
        """Write the call of one instruction for positions [start, stop)."""
        node = instruction.node
        copy = self._constant("copyto", np.copyto)
        if instruction.copies is not None:
            out = self._part(node, instruction.copies, start, stop)
            part = self._value(node.inputs[instruction.copies], start, stop)
            self._write(f"{copy}({out}, {part})", node)
            return
        out = self._value(node, start, stop)
        args = [self._value(x, start, stop) for x in node.inputs]
        attrs = self.binding.attrs(node.op, node.attrs)
        if takes_out(node.op) and not attrs and not node.op.contextual:
            function = self._constant(("op", node.op), node.op.impl)
            self._write(f"{function}({', '.join(args)}, out={out})", node)
            return
        if node.op.contextual:
            args.append(self._absolute_steps(start, stop))
        function = self._constant(("call", node), _caller(node, attrs))
        self._write(f"{copy}({out}, {function}({', '.join(args)}))", node)

    def _write(self, line: str, node: Node) -> None:
        self._lines.append(f"{line}  # {node.label!r}")
        self.nodes.append(node)

    def source(self, length: int) -> str:
        """Return the source of the segment, of `length` iterations."""
        if not self.columns:
            self.columns.append([None] * length)
        columns = [f"v{i}" for i in range(len(self.columns))]
        lists = ", ".join(f"{column}s" for column in columns)
        names = "".join(f"c{i}, " for i in range(len(self.constants)))
        head = [
            f"def loop(constants, {lists}):",
            f"    {names or '_ '}= constants",
            f"    for {', '.join(columns)}, in zip({lists}):",
        ]
        lines = [f"        {line}" for line in self._lines or ["pass"]]
        return "\n".join([*head, *lines]) + "\n"

    def _value(self, node: Node, start: int, stop: int) -> str:
        workspace = self.workspace
        if node in workspace.fixed:
            return self._constant(node, workspace.lists[node][0])
        if node in workspace.lists:
            values = self._stretch(workspace.lists[node], start, stop)
            return self._column((node, start), values)
        if len(self.values[node]) == 1:
            return self._constant(node, Late(lambda call: views(call.values[node])[0]))

        def cut(values: list[Any]) -> list[Any]:
            return self._stretch(values, start, stop)

        return self._column((node, start), Late(lambda call: call.stretch(node, cut)))

    def _part(self, node: Node, place: int, start: int, stop: int) -> str:
        axis = node.attrs["axis"]
        before = [x.type.shape[axis] for x in node.inputs[:place]]
        offset = sum(size for size in before if isinstance(size, int))
        key = part_key(node, node.inputs[place], offset)
        listed = [array[key] for array in self.workspace.lists[node]]
        values = self._stretch(listed, start, stop)
        return self._column((node, place, start), values)

    def _absolute_steps(self, start: int, stop: int) -> str:
        def find(call: Call) -> list[Any]:
            first, seed = call.binding.start, call.binding.seed
            steps = range(first, first + self.workspace.steps)
            return self._stretch([(t, seed) for t in steps], start, stop)

        return self._column(("steps", start), Late(find))

    def _stretch(self, values: list[Any], start: int, stop: int) -> list[Any]:
        """Return a list in the order in which the loop runs, from start to stop."""
        ordered = values[::-1] if self.plan.loop.backwards else values
        return ordered[start:stop]

    def _constant(self, key: Any, value: Any) -> str:
        if key not in self._names:
            self._names[key] = f"c{len(self.constants)}"
            self.constants.append(value)
        return self._names[key]

    def _column(self, key: Any, values: Any) -> str:
        if key not in self._names:
            self._names[key] = f"v{len(self.columns)}"
            self.columns.append(values)
        return self._names[key]


def _caller(node: Node, attrs: Mapping[str, Any]) -> Any:
    """Return a kernel with its attributes bound."""
    impl = node.op.impl
    if node.op.contextual:

        def call(*args: Any) -> Any:
            *arrays, (step, seed) = args
            return impl(*arrays, step=step, seed=seed, **attrs)

        return call
    return (lambda *arrays: impl(*arrays, **attrs)) if attrs else impl
