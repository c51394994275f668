"""What a work computes at one index, as Python source.

`Scope` is what the source is written for: a recorder of reads, or the writer.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from tinygraph.backends.native.ir.indices import (
    ZERO,
    Index,
    Indices,
    aligned,
    flattened,
    replaced,
)
from tinygraph.backends.native.ir.lowering import GUMBEL
from tinygraph.backends.native.ir.statements import (
    Work,
    kept,
    name_of,
    part_target,
    source_index,
)
from tinygraph.backends.native.kernels.expressions import converted, expression
from tinygraph.core.nodes import Node, Op
from tinygraph.core.types import Dim
from tinygraph.ops.contracting import COLLECT
from tinygraph.ops.indexing import ONE_HOT, PUT_ALONG, SCATTER_ADD, TAKE, TAKE_ALONG
from tinygraph.ops.random import BERNOULLI, NORMAL, UNIFORM
from tinygraph.ops.reductions import CUMSUM
from tinygraph.ops.time import STEP_INDEX, SUM_OVER_TIME


class Scope(Protocol):
    """Where values are read and checked."""

    def read(self, node: Node, index: Indices) -> str:
        """Return the source of an element of a node: a name or an item."""

    def place(self, text: str, index: Indices, dim: Dim, work: Work) -> Index:
        """Return an index found at run time, negative ones counted from the end."""

    def draw(self, work: Work, element: Index) -> str:
        """Return the source of a random number."""

    def step(self) -> str:
        """Return the source of the absolute number of the step."""


def value_of(work: Work, index: Indices, scope: Scope) -> str:
    """Return the source of what a work computes at the index of its loops."""
    node = work.node
    if work.kind == "part":
        x = node.inputs[work.part]
        return converted(scope.read(x, index), x.dtype, node.dtype)
    if work.kind in ("fold", "arg", "add"):
        return _contribution(work, index, scope)
    if work.kind == "copy":
        return scope.read(node, index)
    rule = _MAPS.get(node.op)
    if rule is not None:
        return rule(work, index, scope)
    texts = [scope.read(x, aligned(x.type.shape, index)) for x in node.inputs]
    dtypes = [x.dtype for x in node.inputs]
    found = expression(node.op.name, texts, dtypes, node.dtype)
    assert found is not None
    return found


def target_of(work: Work, index: Indices, scope: Scope) -> Indices:
    """Return which element of its node a work writes at the index of its loops."""
    node = work.node
    if work.kind == "part":
        return part_target(work, index)
    if work.kind in ("fold", "arg"):
        return kept(node, source_index(work, index))
    if work.kind != "add":
        return index
    if node.op is SUM_OVER_TIME:
        return index
    if node.op is COLLECT:
        (indices, _), at = node.inputs, index[:-1]
        found = scope.read(indices, at[len(at) - indices.ndim :])
        place = scope.place(found, at, node.type.shape[0], work)
        return (place, index[-1])
    if node.op is not SCATTER_ADD:
        return kept(node, index)
    indices, axis = node.inputs[0], node.attrs["axis"]
    first = len(index) + axis + 1 - indices.ndim
    at = index[first : first + indices.ndim]
    dim = node.type.shape[axis]
    place = scope.place(scope.read(indices, at), at, dim, work)
    return (*index[:first], place, *index[first + indices.ndim :])


def _contribution(work: Work, index: Indices, scope: Scope) -> str:
    node = work.node
    if work.kind == "arg":
        return scope.read(node.inputs[0], source_index(work, index))
    x = node.inputs[1 if node.op in (SCATTER_ADD, COLLECT) else 0]
    return converted(scope.read(x, index), x.dtype, node.dtype)


def _one_hot(work: Work, index: Indices, scope: Scope) -> str:
    found = scope.read(work.node.inputs[0], index[:-1])
    return f"{name_of(work.node)}({found} == {index[-1]})"


def _take(work: Work, index: Indices, scope: Scope) -> str:
    x, indices = work.node.inputs
    first = len(index) + work.node.attrs["axis"] + 1 - indices.ndim
    at = index[first : first + indices.ndim]
    dim = x.type.shape[work.node.attrs["axis"]]
    place = scope.place(scope.read(indices, at), at, dim, work)
    return scope.read(x, (*index[:first], place, *index[first + indices.ndim :]))


def _take_along(work: Work, index: Indices, scope: Scope) -> str:
    x, indices = work.node.inputs
    axis = work.node.attrs["axis"]
    at = aligned(indices.type.shape, index)
    place = scope.place(scope.read(indices, at), at, x.type.shape[axis], work)
    return scope.read(x, replaced(aligned(x.type.shape, index), axis, place))


def _put_along(work: Work, index: Indices, scope: Scope) -> str:
    values, indices = work.node.inputs
    axis = work.node.attrs["axis"]
    at = replaced(aligned(indices.type.shape, index), axis, ZERO)
    dim = work.node.type.shape[axis]
    place = scope.place(scope.read(indices, at), at, dim, work)
    of_value = replaced(aligned(values.type.shape, index), axis, ZERO)
    value = scope.read(values, of_value)
    return f"select({place} == {index[axis]}, {value}, {name_of(work.node)}(0))"


def _cumsum(work: Work, index: Indices, scope: Scope) -> str:
    node = work.node
    (x,), axis = node.inputs, node.attrs["axis"][0]
    value = converted(scope.read(x, index), x.dtype, node.dtype)
    place = index[axis]
    before = scope.read(node, replaced(index, axis, place.plus(-1)))
    return f"({before} if {place} > 0 else {name_of(node)}(0)) + {value}"


def _bernoulli(work: Work, index: Indices, scope: Scope) -> str:
    node = work.node
    (p,) = node.inputs
    chance = scope.read(p, aligned(p.type.shape, index))
    drawn = scope.draw(work, flattened(node.type.shape, index))
    return f"{name_of(node)}({drawn} < {chance})"


def _drawn(work: Work, index: Indices, scope: Scope) -> str:
    return scope.draw(work, flattened(work.node.type.shape, index))


_MAPS: Mapping[Op, Callable[[Work, Indices, Scope], str]] = {
    ONE_HOT: _one_hot,
    TAKE: _take,
    TAKE_ALONG: _take_along,
    PUT_ALONG: _put_along,
    CUMSUM: _cumsum,
    BERNOULLI: _bernoulli,
    UNIFORM: _drawn,
    NORMAL: _drawn,
    GUMBEL: _drawn,
    STEP_INDEX: lambda work, index, scope: scope.step(),
}
