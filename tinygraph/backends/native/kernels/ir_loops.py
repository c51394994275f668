"""Loops in LLVM IR."""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from tinygraph.backends.native.kernels.ir_values import I64

POINTER = ir.PointerType()


def number(value: int) -> Any:
    """Return a 64-bit integer constant."""
    return ir.Constant(I64, value)


def counted(
    builder: Any,
    span: tuple[Any, Any, int],
    values: Sequence[Any],
    body: Callable[[Any, list[Any]], Sequence[Any]],
) -> list[Any]:
    """Write a loop over range(*span) that carries values; return them after it.

    Args:
        builder: where; it stands behind the loop afterwards.
        span: start and stop (64-bit integers in IR), step.
        values: before the first round.
        body: from the index and the values to the values of the next round.
    """
    start, stop, step = span
    before = builder.block
    head, inside, after = (builder.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(I64)
    index.add_incoming(start, before)
    carried = [builder.phi(value.type) for value in values]
    for phi, value in zip(carried, values, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", index, stop), inside, after)
    builder.position_at_end(inside)
    following = body(index, carried)
    index.add_incoming(builder.add(index, number(step)), builder.block)
    for phi, value in zip(carried, following, strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return carried
