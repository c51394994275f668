"""One region linked for one set of sizes: its memory, its arguments, and the call."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygraph.backends.linking import recycling
from tinygraph.backends.linking.arena import ArenaBlock
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.linking.values import Late
from tinygraph.backends.native.codegen.functions import Argument, Failure, Function
from tinygraph.backends.native.gemm.tile_shape import empty_panels, panel_shape
from tinygraph.backends.native.ir import sharding
from tinygraph.backends.native.ir.regions import halo
from tinygraph.backends.native.machine.marshalling import LateArgument, Shard, length
from tinygraph.core.delays import Delay
from tinygraph.core.errors import IndexRangeError
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import slots_beside
from tinygraph.runtime.threads import bounds, run_all
from tinygraph.scheduling.halos import furthest
from tinygraph.semantics.binding import Array
from tinygraph.semantics.blame import blame


class Executable(NamedTuple):
    """A function that can be called.

    Attributes:
        run: takes the address of packed arguments.
        packer: from panels to what copies a matrix into them.
        library: the loaded code, which lives as long as this object.
    """

    run: Callable[[int], int]
    packer: Callable[[Array], Callable[[Array], None]]
    library: Any


MORE = 14
"""Room beside a row of random bits: whole blocks, of at most eight each, hold it."""
SMALL = 2**14
"""Bytes of an array that is copied sooner than its address is asked for."""


class RegionCall:
    """A linked region: called with what a call brings, it runs all steps."""

    def __init__(
        self, function: Function, executable: Executable, linker: Linker
    ) -> None:
        self.function = function
        self.region = function.region
        self.linker = linker
        self.state = linker.state
        self.run, self.packer = executable.run, executable.packer
        time = self.region.time
        self.steps = linker.binding.sizes[time] if time else 1
        self.shards = [Shard(ints) for ints in self._ints()]
        self.late: list[LateArgument] = []
        self.buffers: dict[Node, tuple[ArenaBlock, Array]] = {}
        self.totals: list[tuple[Array, Array]] = []
        self.temporary: list[ArenaBlock] = []
        self._head = (0, 0)
        self._link()

    def _ints(self) -> list[list[int]]:
        """Return the ints of each shard."""
        sizes = self.linker.binding.sizes
        dim, own = self.function.shard, [sizes[name] for name in self.function.sizes]
        if dim is None:
            return [[0, 0, 0, 0, *own]]
        parts = bounds(sizes[dim], self._worthwhile())
        return [[0, 0, first, last, *own] for first, last in parts]

    def _worthwhile(self) -> int:
        """Return how many threads shall share the rows: one where little is to do."""
        time = self.steps * sharding.nanoseconds(self.region, self.linker.binding.shape)
        return self.linker.threads if time >= sharding.LEAST else 1

    def _link(self) -> None:
        linker, place = self.linker, len(self.shards[0].ints)
        slots: list[tuple[Array, Delay]] = []
        arguments = []
        for argument in self.function.arrays:
            arrays = self._arrays(argument, slots)
            if isinstance(arrays[0], Late):
                self.late.append(self._late_argument(arrays[0], argument, place))
                arguments.append(arrays[0])
                arrays = [None]
            for i, shard in enumerate(self.shards):
                shard.arrays.append(arrays[i % len(arrays)])
            place += length(argument)
        ends = furthest(self.region.halo.values())
        for delay in self.region.delays:
            if delay in self.region.halo[delay.source] and delay.source in self.buffers:
                shared = self._shared_slots(delay)
                slots += [(shared, delay)] if delay in ends else []
        for array, delay in slots:
            if delay not in self.function.filled:
                part = array if delay.ndim else array[:, 0]
                linker.call(
                    np.copyto, [part, linker.values.of(delay.inputs[-1])], delay
                )
        for shard in self.shards:
            shard.pack(self.function.arrays)
        linker.call(self, arguments, None)
        for block in self.temporary:
            linker.memory.give(block)

    def _late_argument(self, late: Late, argument: Argument, at: int) -> LateArgument:
        """Return the entry of an array that each call brings."""
        place = len(self.shards[0].arrays)
        prepare = functools.partial(self._prepared, argument=argument)
        return LateArgument(argument, place, at, prepare, late.lasting)

    def _arrays(
        self, argument: Argument, slots: list[tuple[Array, Delay]]
    ) -> list[Any]:
        """Return one array for all shards, or one for each."""
        node, role = argument.node, argument.role
        if role == "info":
            return [shard.info for shard in self.shards]
        assert node is not None
        if role == "packed":
            return [self._packed(node)]
        if role in ("entry", "weights"):
            return [self._entry(node, argument)]
        shape = self.linker.binding.shape(node.type.shape) or (1,)
        if role == "long":
            return [self._long(node, shape)]
        if role == "slots":
            assert isinstance(node, Delay)
            found = self._memory((abs(node.steps), *shape), node.dtype)
            slots.append((found, node))
            return [found]
        if role == "total":
            return self._total(node, shape)
        if role == "scratch" and self.function.shard in node.type.shape:
            return [self._memory(shape, node.dtype)]
        if role == "random":
            return [
                self._memory((shape[-1] + MORE,), argument.dtype) for _ in self.shards
            ]
        if role == "row":
            shape = shape[-1:]
        elif role == "panels":
            depth, columns = shape[-2:]
            shape = panel_shape(depth, columns, node.dtype.itemsize)
        return [self._memory(shape, node.dtype) for _ in self.shards]

    def _entry(self, node: Node, argument: Argument) -> Any:
        value = self.linker.values.of(node)
        if isinstance(value, Late):
            return self._near(node, value, argument)
        array = self._prepared(value, argument)
        if np.may_share_memory(array, value):
            return array
        place = self._memory(array.shape, array.dtype)
        out = place.reshape(place.shape[: np.ndim(value)])
        self.linker.call(np.copyto, [out, value], node)
        return place

    def _near(self, node: Node, late: Late, argument: Argument) -> Any:
        """Return memory into which each call copies a small array, or the late one."""
        linker = self.linker
        shape = linker.values.shape(node)
        if linker.values.is_fixed(node) and node in self.region.fixed:
            shape = (1, *shape[1:])
        if math.prod(shape) * argument.dtype.itemsize > SMALL:
            return late
        place = linker.shared_copy(node, shape)
        return place.reshape(shape + (1,) * (argument.ndim - len(shape)))

    def _packed(self, node: Node) -> Array:
        """Return the panels of a weight, filled when the parameters change."""
        linker = self.linker
        depth, columns = linker.binding.shape(node.type.shape)
        panels: Array = empty_panels(depth, columns, node.dtype)
        linker.memory.keep(panels)
        with linker.prologue():
            linker.call(self.packer(panels), [linker.values.of(node)], node)
        return panels

    def _memory(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return memory that is free again after the call."""
        block = self.linker.memory.take(shape, dtype)
        self.temporary.append(block)
        return block.shaped(shape, dtype)

    def _long(self, node: Node, shape: tuple[int, ...]) -> Any:
        """Return room for all steps of a node, and what its delays see outside."""
        before, after = halo(self.region, node)
        whole = (before + self.steps + after, *shape)
        large = math.prod(whole) * node.dtype.itemsize >= recycling.LEAST
        if large and self._is_for_caller(node):
            return self.linker.values.new_within(node, whole[0], before)
        block = self.linker.memory.take(whole, node.dtype)
        self.temporary.append(block)
        self.buffers[node] = block, block.shaped(whole, node.dtype)
        self._export(node, node, before)
        return self.buffers[node][1]

    def _is_for_caller(self, node: Node) -> bool:
        """Return True if a call may compute all steps into the caller's array.

        What its delays see outside must be written by the function, and read by no
        other.
        """
        if not (node.type.time and node.ndim and node in self.region.exported):
            return False
        own = self.function.filled
        return self.linker.values.is_for_caller(node) and all(
            delay in own and delay not in self.region.exported
            for delay in self.region.halo.get(node, ())
        )

    def _export(self, node: Node, source: Node, first: int) -> None:
        """Let others find a node in the buffer of a long one."""
        if node in self.region.exported:
            block, buffer = self.buffers[source]
            array = buffer[first : first + self.steps]
            if node.ndim == 0:
                array = array[:, 0]
            if node.type.time is None:
                array = array.reshape(array.shape[1:])
            self.linker.values.hold(node, block, array)

    def _shared_slots(self, delay: Delay) -> Array:
        """Return where a delay's slots stand in its source's buffer."""
        buffer = self.buffers[delay.source][1]
        before, _ = halo(self.region, delay.source)
        k = delay.steps
        if delay not in self.region.computed:
            self._export(delay, delay.source, before - k)
        return buffer[slots_beside(k, before, self.steps)]

    def _total(self, node: Node, shape: tuple[int, ...]) -> list[Array]:
        """Return room for a sum, a part of it for each shard."""
        block = self.linker.memory.take(shape, node.dtype)
        whole = block.shaped(shape, node.dtype)
        self.linker.values.hold(node, block, whole if node.ndim else whole.reshape(()))
        if len(self.shards) == 1:
            return [whole]
        parts = self._memory((len(self.shards), *shape), node.dtype)
        self.totals.append((parts, whole))
        return list(parts)

    def _prepared(self, value: Any, argument: Argument) -> Array:
        """Return an entry as the function takes it: contiguous, with a last axis."""
        array: Array = np.asarray(value)
        if not array.flags.aligned:
            array = array.copy()
        node, missing = argument.node, argument.ndim - array.ndim
        if missing > 0:
            array = array.reshape(array.shape + (1,) * missing)
        moves = node is not None and node.type.time and node not in self.region.fixed
        if moves and len(array) < self.steps:  # kept once, though it need not be
            array = np.broadcast_to(array, (self.steps, *array.shape[1:]))
        if argument.layout == "A":
            return array.astype(argument.dtype, copy=False)
        return np.ascontiguousarray(array, argument.dtype)

    def __call__(self, *late: Array) -> None:
        """Run all steps.

        Raises:
            IndexError, ValueError: as NumPy's kernels do.
        """
        kept = self._fill_in(late) if late else None
        binding = self.state.binding
        assert binding is not None
        head = (binding.start, binding.seed)
        if head != self._head:
            for shard in self.shards:
                shard.begin(*head)
            self._head = head
        if len(self.shards) == 1:
            shard = self.shards[0]
            if self.run(shard.address):
                raise _problem(self.function.failures, shard.info)
        else:
            self._side_by_side()
        del kept

    def _fill_in(self, late: Sequence[Array]) -> list[Array]:
        """Put what a call brings into the arguments; return what must stay alive."""
        return [
            argument.fill_in(value, self.shards, self.state.own_parameters)
            for argument, value in zip(self.late, late, strict=True)
            if value is not argument.seen
        ]

    def _side_by_side(self) -> None:
        """Run the shards, each on a thread, and add their parts."""
        tasks = [functools.partial(self.run, shard.address) for shard in self.shards]
        found = run_all(tasks)
        for shard, status in zip(self.shards, found, strict=True):
            if status:
                raise _problem(self.function.failures, shard.info)
        for parts, whole in self.totals:
            np.add.reduce(parts, 0, out=whole)


def _problem(failures: Sequence[Failure], info: Array) -> Exception:
    """Return the exception that NumPy's kernel raises."""
    number, index, length = info
    failure = failures[number]
    node = failure.node
    problem: Exception
    if failure.empty:
        shown, axis = node.inputs[0].describe(), node.attrs.get("axis", 0)
        problem = ValueError(f"{node.op.name} of {shown}: no elements along {axis}")
    else:
        problem = IndexRangeError(
            f"index {index} is out of bounds for length {length}",
            index=int(index),
            length=int(length),
        )
    blame(problem, node)
    return problem
