"""Random bits of generated code: the same as those of `tinygraph.ops.philox`.

Philox4x64-10 (Salmon et al., 2011). A processor multiplies 64 bits by 64 in one
instruction: two a round make four words.
"""

from typing import Any

from llvmlite import ir

from tinygraph.backends.native.kernels.ir_loops import POINTER, counted, number
from tinygraph.backends.native.kernels.ir_values import I32, I64, Value
from tinygraph.ops.philox import INCREMENTS, MULTIPLIERS, ROUNDS

BLOCK = 4
"""Words of 64 bits of one counter."""

Keys = list[tuple[Value, Value]]


def _round_keys(seed: Value, name: Value) -> Keys:
    first, second = INCREMENTS
    return [(seed + i * first, name + i * second) for i in range(ROUNDS)]


def _block(keys: Keys, step: Value, place: Value) -> list[Value]:
    """Return the words of a block; NumPy counts them from 1."""
    c0, c1, c2, c3 = place + 1, place.constant(0), step, place.constant(0)
    for k0, k1 in keys:
        (up0, down0), (up1, down1) = (
            c.times_wide(factor)
            for c, factor in zip((c0, c2), MULTIPLIERS, strict=True)
        )
        c0, c1, c2, c3 = up1 ^ c1 ^ k0, down1, up0 ^ c3 ^ k1, down0
    return [c0, c1, c2, c3]


def word(seed: Value, name: Value, step: Value, place: Value) -> Value:
    """Return a word of a step."""
    a, b, c, d = _block(_round_keys(seed, name), step, place.shifted_down(2))
    lane = place & 3
    even = (lane & 1).equals(0)
    return (lane < 2).choose(even.choose(a, b), even.choose(c, d))


def half(seed: Value, name: Value, step: Value, place: Value) -> Value:
    """Return 32 bits of a step: the lower half of a word, then its upper one."""
    found = word(seed, name, step, place.shifted_down(1))
    lower = (place & 1).equals(0)
    return lower.choose(found, found.shifted_down(32)).cut(I32)


WORDS = {"word": (word, I64), "half": (half, I32)}
"""Name → what it writes, and the type of what it gives."""

FILL = "draw"
FILL_ARGUMENTS = (POINTER, I64, I64, I64, I64, I64)
"""Where the words go; seed, name, step; the first block, and how many."""


def write_fill(function: Any) -> None:
    """Write the body of the function that stores the words of whole blocks."""
    builder = ir.IRBuilder(function.append_basic_block())
    out, *rest = function.args
    seed, name, step, first, count = (Value(builder, each) for each in rest)
    keys = _round_keys(seed, name)

    def store(index: Any, carried: list[Any]) -> list[Any]:
        for lane, each in enumerate(_block(keys, step, first + Value(builder, index))):
            at = builder.add(builder.mul(index, number(BLOCK)), number(lane))
            builder.store(each.raw, builder.gep(out, [at], source_etype=I64), align=4)
        return carried

    counted(builder, (number(0), count.raw, 1), [], store)
    builder.ret_void()
