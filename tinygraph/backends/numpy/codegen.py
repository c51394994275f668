"""The source of a loop: one kernel call a line, on constants and on lists of views."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.numpy.kernels import by_position
from tinygraph.backends.numpy.over_time import views
from tinygraph.backends.numpy.workspace import Workspace, part_key
from tinygraph.core.nodes import Node, Ufuncs
from tinygraph.ops.linalg import MATMUL
from tinygraph.scheduling.horizontal import expansion, siblings
from tinygraph.scheduling.planning import Instruction, takes_out
from tinygraph.semantics.binding import Array

HEAD_LINES = 3
"""Lines of a generated program before its first kernel call."""


class SegmentWriter:
    """Writes the source of one segment, and gathers the arrays that it works on."""

    def __init__(
        self, workspace: Workspace, linker: Linker, weights: Mapping[Node, Any]
    ) -> None:
        self.plan = workspace.plan
        self.weights = weights
        self.workspace = workspace
        self.linker = linker
        self.constants: list[Any] = []
        self.columns: list[Any] = []
        self.nodes: list[Node] = []
        self._lines: list[str] = []
        self._names: dict[Any, str] = {}

    def add_group(self, group: tuple[Instruction, ...], start: int, stop: int) -> None:
        """Write one call for siblings that stand side by side, else one for each."""
        found = siblings(self.plan, group)
        given = None if found is None else self.linker.memory.laid_out(found.given)
        if found is None or given is None:
            for each in group:
                self.add(each, start, stop)
            return
        shared, workspace = found.shared, self.workspace
        wide = [array[..., np.newaxis, :] for array in workspace.lists[shared]]
        operands = [
            self._listed(("wide", shared), wide, shared, start, stop),
            self._column(
                (found.given, start), self._stretch(views(given), start, stop)
            ),
        ]
        whole = self.plan.within[found.parts[0]][0]
        joined = workspace.joined(found.parts)
        out = self._listed(found.parts, joined, whole, start, stop)
        self._call(found.parts[0], operands if found.first else operands[::-1], out)

    def _listed(
        self, key: Any, values: list[Any], home: Node, start: int, stop: int
    ) -> str:
        """Return the name of views of a member: of one array, or of one a step."""
        if home in self.workspace.fixed:
            return self._constant(key, values[0])
        return self._column((key, start), self._stretch(values, start, stop))

    def _call(self, node: Node, operands: list[str], out: str) -> None:
        """Write a call of a kernel that writes where it is told to."""
        function = self._constant(("op", node.op), node.op.impl)
        out = out if by_position(node.op) else f"out={out}"
        self._write(f"{function}({', '.join([*operands, out])})", node)

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
        steps = expansion(node)
        if steps:
            self._expand(node, steps, args, out)
            return
        if self._dots(node):
            dot = self._constant("dot", np.dot)
            self._write(f"{dot}({', '.join([*args, out])})", node)
            return
        attrs = self.linker.binding.attrs(node.op, node.attrs)
        if takes_out(node.op) and not attrs and not node.op.contextual:
            self._call(node, args, out)
            return
        if node.op.contextual:
            args.append(self._absolute_steps(start, stop))
        function = self._constant(("call", node), _caller(node, attrs))
        self._write(f"{copy}({out}, {function}({', '.join(args)}))", node)

    def _expand(
        self,
        node: Node,
        steps: Ufuncs,
        args: list[str],
        out: str,
    ) -> None:
        """Write the ufuncs that make a node in its own array."""
        for ufunc, operands in steps:
            function = self._constant(("op", ufunc), ufunc)
            names = []
            for each in operands:
                if each == "one":
                    one = np.ones((), node.dtype)
                    names.append(self._constant(("one", node.dtype), one))
                else:
                    names.append(args[each] if isinstance(each, int) else out)
            self._write(f"{function}({', '.join(names)})", node)

    def _dots(self, node: Node) -> bool:
        """Return True where `np.dot` does the same with half `np.matmul`'s overhead.

        It wants matrices, and room in one piece.
        """
        matrices = all(x.ndim == 2 for x in (node, *node.inputs))
        if node.op is not MATMUL or not matrices:
            return False
        return bool(self.workspace.lists[node][0].flags.c_contiguous)

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
        """Return the name of a value: a constant, or a column of views."""
        workspace = self.workspace
        if node in workspace.lists:
            return self._listed(node, workspace.lists[node], node, start, stop)
        if node in self.weights and self.weights[node] is not None:
            return self._constant(node, self.weights[node])
        if self.linker.values.is_fixed(node):
            only = self.linker.values.of(node, lambda array: views(array)[0])
            return self._constant(node, only)

        def cut(array: Array) -> list[Any]:
            return self._stretch(views(array), start, stop)

        return self._column((node, start), self.linker.values.of(node, cut))

    def _part(self, node: Node, number: int, start: int, stop: int) -> str:
        """Return the name of views of a concat, where an operand of it goes."""
        axis = node.attrs["axis"]
        before = [x.type.shape[axis] for x in node.inputs[:number]]
        offset = sum(size for size in before if isinstance(size, int))
        key = part_key(node, node.inputs[number], offset)
        listed = [array[key] for array in self.workspace.lists[node]]
        values = self._stretch(listed, start, stop)
        return self._column((node, number, start), values)

    def _absolute_steps(self, start: int, stop: int) -> str:
        """Return the name of the column of (absolute step, seed)."""
        key = ("steps", start)
        pairs: list[tuple[int, int]] = []
        state = self.linker.state
        if key in self._names:
            return self._names[key]

        def fill() -> None:
            binding = state.binding
            assert binding is not None
            first = binding.start
            steps = range(first, first + self.workspace.steps)
            pairs[:] = self._stretch([(t, binding.seed) for t in steps], start, stop)

        self.linker.call(fill, [], None)
        return self._column(key, pairs)

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
