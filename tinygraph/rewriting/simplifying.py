"""Local rewrites: each looks at a node and its inputs alone."""

import contextlib
from collections.abc import Mapping

import numpy as np

from tinygraph.core.building import CAST, CONSTANT, EVERY_STEP, constant, lift
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.types import TensorType, names_in
from tinygraph.ops.arithmetic import ADD, DIVIDE, MULTIPLY
from tinygraph.ops.functions import IDENTITY, STOP_GRADIENT
from tinygraph.ops.indexing import PUT_ALONG
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.reductions import SUM
from tinygraph.ops.shaping import (
    BROADCAST_LIKE,
    RESHAPE,
    TRANSPOSE,
    broadcast_to,
    reshape,
    swap_last,
    transpose,
)
from tinygraph.ops.slicing import INDEX
from tinygraph.ops.time import SUM_OVER_TIME, sum_over_time
from tinygraph.rewriting.facts import Facts, each_node, needs, scalar_of, unlifted
from tinygraph.rewriting.slices import bounds, cut


@needs(EVERY_STEP)
def lift_late(facts: Facts) -> Mapping[Node, Node]:
    """f(every_step(a), every_step(b)) → every_step(f(a, b)): once, not T times.

    What is lifted so is an operand too: an expression is lifted at once.

    Exact.
    """
    found: dict[Node, Node] = {}
    static = {lifted: lifted.inputs[0] for lifted in facts.by_op.get(EVERY_STEP, ())}
    for node in facts.nodes:
        op, time = node.op, node.type.time
        if time is None or not node.inputs or not static.keys() >= {*node.inputs}:
            continue
        if op is EVERY_STEP or op.contextual or isinstance(node, Delay):
            continue
        parts, value_type = [static[x] for x in node.inputs], node.type.with_time(None)
        made = Node(op, parts, value_type, node.attrs, node.name, like=node)
        static[node], found[node] = made, lift(made, time)
    return found


@needs(CONSTANT)
def fold_constants(facts: Facts) -> Mapping[Node, Node]:
    """f(2, 3) → its value, where all inputs are constants of few elements.

    Constants that are made so are inputs too: an expression is folded at once.

    A kernel that refuses them is left to fail when it runs, where errors name it. So is
    a stack of all steps of an unrolled graph, whose length has a name.

    Exact.
    """
    found: dict[Node, Node] = {}
    for node in facts.nodes:
        op = node.op
        if node.type.time is not None or not node.inputs or op.contextual or op.dims:
            continue
        inputs = [found.get(x, x) for x in node.inputs]
        if any(x.op is not CONSTANT for x in inputs):
            continue
        if names_in(node.type.shape):
            continue
        arrays = [x.attrs["value"] for x in inputs]
        if sum(array.size for array in arrays) > 4096:
            continue
        with np.errstate(all="ignore"), contextlib.suppress(IndexError, ValueError):
            value = np.array(op.impl(*arrays, **node.attrs), node.type.dtype)
            found[node] = _same_type(constant(value), node.type)
    return found


def _same_type(node: Node, value_type: TensorType) -> Node:
    assert node.type == value_type, (node.type, value_type)
    return node


@needs((IDENTITY, STOP_GRADIENT, CAST))
def drop_identities(facts: Facts) -> Mapping[Node, Node]:
    """identity(x) and stop_gradient(x) → x, and a cast to the dtype x has.

    Gradients are taken before a graph is optimised.

    Exact.
    """
    found = {}
    for node in facts.nodes:
        same = node.op is CAST and node.inputs[0].type == node.type
        if node.op in (IDENTITY, STOP_GRADIENT) or same:
            found[node] = node.inputs[0]
    return found


@needs((MULTIPLY, DIVIDE), CONSTANT)
def multiply_by_one(facts: Facts) -> Mapping[Node, Node]:
    """x · 1 → x and x / 1 → x, unless that also broadcasts x.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        a, b = y.inputs
        if scalar_of(b) == 1 and a.type == y.type:
            return a
        if y.op is MULTIPLY and scalar_of(a) == 1 and b.type == y.type:
            return b
        return None

    return {**each_node(facts, MULTIPLY, rule), **each_node(facts, DIVIDE, rule)}


@needs(BROADCAST_LIKE, CONSTANT)
def broadcast_constant(facts: Facts) -> Mapping[Node, Node]:
    """A number broadcast like x → broadcast to the shape of x: x need not be there.

    A cycle that only gives its shape is left so.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        number = y.inputs[0]
        if scalar_of(number) is None or number.type.shape:
            return None
        return broadcast_to(number, y.type.shape)

    return each_node(facts, BROADCAST_LIKE, rule)


@needs(ADD, CONSTANT)
def add_zero(facts: Facts) -> Mapping[Node, Node]:
    """x + 0 → x, unless that also broadcasts x.

    Rounding: -0.0 + 0 is 0.0.
    """

    def rule(y: Node) -> Node | None:
        for x, other in (y.inputs, y.inputs[::-1]):
            if scalar_of(other) == 0 and x.type == y.type:
                return x
        return None

    return each_node(facts, ADD, rule)


@needs((TRANSPOSE, RESHAPE, INDEX))
def merge_shapings(facts: Facts) -> Mapping[Node, Node]:
    """Transpose of a transpose, reshape of a reshape → one, or none.

    A slice of a slice of the last axis likewise.

    Exact.
    """

    def transposed(y: Node) -> Node | None:
        x = y.inputs[0]
        if x.op is not TRANSPOSE:
            return None
        inner, outer = x.attrs["axes"], y.attrs["axes"]
        return transpose(x.inputs[0], [inner[axis] for axis in outer])

    def reshaped(y: Node) -> Node | None:
        x = y.inputs[0]
        return reshape(x.inputs[0], y.type.shape) if x.op is RESHAPE else None

    def sliced(y: Node) -> Node | None:
        place, inner = bounds(y), bounds(y.inputs[0])
        if place is None or inner is None:
            return None
        start = inner[0]
        return cut(y.inputs[0].inputs[0], start + place[0], start + place[1])

    return {
        **each_node(facts, INDEX, sliced),
        **each_node(facts, TRANSPOSE, transposed),
        **each_node(facts, RESHAPE, reshaped),
    }


@needs(TRANSPOSE, MATMUL)
def transpose_early(facts: Facts) -> Mapping[Node, Node]:
    """(aᵀ @ b)ᵀ → bᵀ @ a, and so for (a @ bᵀ)ᵀ, and under a sum over time.

    Rounding: the same sums of products, the other way round.
    """

    def rule(y: Node) -> Node | None:
        x = y.inputs[0]
        if y.ndim != 2 or y.attrs["axes"] != (-1, -2) or not facts.used_once(x):
            return None
        if x.op is SUM_OVER_TIME:
            within = x.inputs[0]
            once = facts.used_once(within) and within.op is MATMUL
            once = once and within.inputs[0].op is not TRANSPOSE
            return sum_over_time(swap_last(within)) if once else None
        if x.op is not MATMUL:
            return None
        a, b = x.inputs
        if a.ndim != 2 or b.ndim != 2 or not (_is_transposed(a) or _is_transposed(b)):
            return None
        if facts.still(b) is not None and facts.still(a) is None:
            return None
        return swap_last(b) @ swap_last(a)

    return each_node(facts, TRANSPOSE, rule)


def _is_transposed(x: Node) -> bool:
    static = unlifted(x)
    return (x if static is None else static).op is TRANSPOSE


@needs(CONCAT, INDEX)
def join_slices(facts: Facts) -> Mapping[Node, Node]:
    """concat(x[..., a:b], x[..., b:c]) → x[..., a:c], among other parts too.

    Along whatever axis they lie side by side.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        axis = y.attrs["axis"]
        parts: list[Node] = []
        for x in y.inputs:
            whole = _joined(parts[-1], x, axis) if parts else None
            parts[-1:] = [*parts[-1:], x] if whole is None else [whole]
        if len(parts) == len(y.inputs):
            return None
        return parts[0] if len(parts) == 1 else concat(parts, axis)

    return each_node(facts, CONCAT, rule)


def _joined(left: Node, right: Node, axis: int) -> Node | None:
    """Return the slice that two slices of one node make, if they are side by side."""
    first, second = bounds(left, axis), bounds(right, axis)
    if first is None or second is None or left.inputs[0] is not right.inputs[0]:
        return None
    if first[1] != second[0]:
        return None
    return cut(left.inputs[0], first[0], second[1], axis)


@needs(SUM, PUT_ALONG)
def sum_of_one(facts: Facts) -> Mapping[Node, Node]:
    """Σ of a row of zeros with v at one index → v.

    Only where something else reads the row, and so checks the index.

    Rounding: -0.0 + 0 is 0.0.
    """

    def rule(y: Node) -> Node | None:
        put = y.inputs[0]
        if put.op is not PUT_ALONG or y.attrs["axis"] != (put.attrs["axis"],):
            return None
        values, indices = put.inputs
        one = indices.type.shape[put.attrs["axis"]] == 1
        if not one or facts.used_once(put) or values.dtype != y.dtype:
            return None
        if values.type.shape != indices.type.shape:
            return None
        return values if y.attrs["keepdims"] else reshape(values, y.type.shape)

    return each_node(facts, SUM, rule)
