"""One region linked for one set of sizes: its memory, its arguments, and the call."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.backends.arena import Block
from tinygraph.backends.linking import Late, Linker
from tinygraph.backends.numba.functions import INTS, Argument, Function
from tinygraph.backends.numba.kernels.shapes import panel_shape
from tinygraph.backends.numba.regions import halo
from tinygraph.backends.numba.works import Work
from tinygraph.binding import Array, blame
from tinygraph.delays import Delay
from tinygraph.nodes import Node

Native = Callable[[int], int]
POINTER = 4
"""Where in an array's description its address stands."""


class RegionCall:
    """A region over its memory. Called with its late entries, it runs all steps."""

    def __init__(
        self, function: Function, run: Any, native: bool, linker: Linker
    ) -> None:
        self.function = function
        self.region = function.region
        self.run = run
        self.native = native
        self.frame = linker.frame
        self.linker = linker
        self.steps = linker.binding.sizes[self.region.time]
        self.arrays: list[Any] = []
        self.late: list[tuple[int, int, Argument]] = []
        self.info = np.zeros(3, np.int64)
        self.blocks: dict[Node, Block] = {}
        self.buffers: dict[Node, Array] = {}
        self.passing: list[Block] = []
        self.slots: list[tuple[Array, Node]] = []
        sizes = linker.binding.sizes
        numbers = [0] * len(INTS) + [sizes[name] for name in function.sizes]
        self.ints = numbers[len(INTS) :]
        arguments = [self._lay(argument, numbers) for argument in function.arrays]
        self.packed = np.array(numbers, np.int64)
        self.address = self.packed.ctypes.data
        for delay in self.region.delays:
            if delay in self.region.halo[delay.source]:
                self._share(delay)
        for array, slot in self.slots:
            linker.call(np.copyto, [array, linker.value(slot)], slot)
        linker.call(self, [a for a in arguments if a is not None], None)
        for block in self.passing:
            linker.give(block)

    def _lay(self, argument: Argument, numbers: list[int]) -> Late | None:
        """Add an argument; return it if only a call knows it."""
        array = self._array(argument)
        if isinstance(array, Late):
            self.late.append((len(self.arrays), len(numbers), argument))
            self.arrays.append(None)
            numbers += [0] * (POINTER + 1 + 2 * argument.ndim)
            return array
        self.arrays.append(array)
        numbers += _described(array)
        return None

    def _array(self, argument: Argument) -> Any:
        node = argument.node
        if argument.role == "info":
            return self.info
        assert node is not None
        if argument.role == "panels":
            depth, columns = self.linker.binding.shape(node.type.shape[-2:])
            panels = panel_shape(depth, columns, node.dtype.itemsize)
            return self._memory(panels, node.dtype)
        if argument.role in ("entry", "weights"):
            value = self.linker.value(node)
            if isinstance(value, Late):
                return value
            array = _prepared(value, argument)
            if not np.may_share_memory(array, value):
                return self._copied(node, array, argument)
            return array
        shape = self.linker.binding.shape(node.type.shape) or (1,)
        if argument.role == "slots":
            assert isinstance(node, Delay)
            slots = self._memory((abs(node.steps), *shape), node.dtype)
            self._note_slots(slots, node)
            return slots
        if argument.role == "total":
            block = self.linker.take(shape, node.dtype)
            array = block.shaped(shape, node.dtype)
            self.linker.hold(node, block, array if node.ndim else array.reshape(()))
            return array
        if argument.role != "long":
            return self._memory(
                shape[-1:] if argument.role == "row" else shape, node.dtype
            )
        before, after = halo(self.region, node)
        whole = (before + self.steps + after, *shape)
        block = self.linker.take(whole, node.dtype)
        self.blocks[node] = block
        self.buffers[node] = block.shaped(whole, node.dtype)
        self.passing.append(block)
        self._place(node, node, before)
        return self.buffers[node]

    def _copied(self, node: Node, array: Array, argument: Argument) -> Array:
        """Make each call copy an entry that does not stand in memory row by row."""
        place = self._memory(array.shape, array.dtype)
        value = self.linker.value(node)
        self.linker.call(np.copyto, [place.reshape(value.shape), value], node)
        return place

    def _memory(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return memory that is free again after the call."""
        block = self.linker.take(shape, dtype)
        self.passing.append(block)
        return block.shaped(shape, dtype)

    def _place(self, node: Node, source: Node, first: int) -> None:
        """Let others find a node in the buffer of a long one."""
        if node not in self.region.exported:
            return
        array = self.buffers[source][first : first + self.steps]
        if not node.ndim:
            array = array[:, 0]
        self.linker.hold(node, self.blocks[source], array)

    def _share(self, delay: Delay) -> None:
        """Find a delay's slots in its source's buffer."""
        buffer = self.buffers[delay.source]
        before, _ = halo(self.region, delay.source)
        k, end = delay.steps, before + self.steps
        self._note_slots(
            buffer[before - k : before] if k > 0 else buffer[end : end - k], delay
        )
        if delay not in self.buffers:
            self._place(delay, delay.source, before - k)

    def _note_slots(self, array: Array, delay: Delay) -> None:
        slot = delay.slot
        assert slot is not None
        self.slots.append((array if delay.ndim else array[:, 0], slot))

    def __call__(self, *late: Array) -> None:
        """Run all steps.

        Raises:
            IndexError, ValueError: as NumPy's kernels do.
        """
        kept, packed = [], self.packed
        for (place, at, argument), value in zip(self.late, late, strict=True):
            array = _prepared(value, argument)
            kept.append(array)
            if self.native:
                packed[at : at + POINTER + 1 + 2 * argument.ndim] = _described(array)
            else:
                self.arrays[place] = array
        binding = self.frame.binding
        assert binding is not None
        if self.native:
            packed[0], packed[1] = binding.start, binding.seed
            status = self.run(self.address)
        else:
            status = self.run(binding.start, binding.seed, *self.ints, *self.arrays)
        if status:
            number, index, length = self.info
            raise _problem(self.function.failures[number], int(index), int(length))


def _problem(work: Work, index: int, length: int) -> Exception:
    """Return the exception that NumPy's kernel raises."""
    node = work.node
    problem: Exception
    if work.kind == "empty":
        problem = ValueError(
            f"{node.op.name} of {node.inputs[0].describe()}: no elements along "
            f"{node.attrs['axis']}"
        )
    else:
        axis = node.attrs["axis"]
        problem = IndexError(
            f"index {index} is out of bounds for axis {axis} with size {length}"
        )
    blame(problem, node)
    return problem


def _prepared(value: Any, argument: Argument) -> Array:
    """Return an entry as the function takes it: contiguous, with a last axis."""
    array: Array = np.asarray(value)
    missing = argument.ndim - array.ndim
    if missing > 0:
        array = array.reshape(array.shape + (1,) * missing)
    if argument.layout == "A":
        return array.astype(argument.dtype, copy=False)
    return np.ascontiguousarray(array, argument.dtype)


def _described(array: Array) -> list[int]:
    """Return an array as native code takes it."""
    address = array.__array_interface__["data"][0]
    return [0, 0, array.size, array.itemsize, address, *array.shape, *array.strides]
