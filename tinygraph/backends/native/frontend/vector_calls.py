"""Long formulas as functions that are called: of one number, and of a vector of them.

Inlined, each tanh of a large function is a copy that LLVM has to look through. Called,
it has the attribute "vector-function-abi-variant", which names the functions that give
a vector of its results: the loop vectoriser calls those.
"""

import re
from typing import NamedTuple

from tinygraph.backends.native.kernels.expressions import LONG_FORMULAS

MANY = 64
"""Long formulas of a function's source from which on they are called."""
LANES = (4, 8)
"""Numbers of a vector: a loop takes as many as its widest numbers let it."""
_LONG = re.compile(rf"\b(?:{'|'.join(sorted(LONG_FORMULAS))})\(")
_PURE = "noinline nounwind willreturn memory(none)"


class CalledFormula(NamedTuple):
    """A long formula of one type of numbers: what is called, its text, its vectors."""

    symbol: str
    text: str
    vectors: list[str]


def has_many(source: str) -> bool:
    """Return True for the source of a function that calls long formulas."""
    return len(_LONG.findall(source)) >= MANY


def is_called(name: str, declared: list[str]) -> bool:
    """Return True for a long formula that needs no function of the C library."""
    return name in LONG_FORMULAS and all('@"llvm.' in each for each in declared)


def called(name: str, kind: str, inlined: str) -> CalledFormula:
    """Write the functions that are called for a formula.

    Args:
        name: of the formula.
        kind: the type of the numbers in LLVM IR.
        inlined: the symbol of the function that is inlined into all of them.
    """
    one = f"{name}_{kind}"
    names = {lanes: f"{one}_{lanes}" for lanes in LANES}
    pairs = [f"_ZGV_LLVM_N{lanes}v_{one}({of})" for lanes, of in names.items()]
    lines = [
        f"define internal {kind} @{one}({kind} %x) {_PURE} "
        f'"vector-function-abi-variant"="{",".join(pairs)}" {{',
        f"  %found = call {kind} {inlined}({kind} %x)",
        f"  ret {kind} %found",
        "}",
    ]
    for lanes, of in names.items():
        lines += _vector(of, kind, lanes, inlined)
    return CalledFormula(f"@{one}", "\n".join(lines), [f"@{x}" for x in names.values()])


def kept(formulas: list[CalledFormula]) -> list[str]:
    """Return the line that keeps the vectors' functions, which no code names yet."""
    names = [f"ptr {name}" for each in formulas for name in each.vectors]
    if not names:
        return []
    head = f"@llvm.compiler.used = appending global [{len(names)} x ptr]"
    return [f'{head} [{", ".join(names)}], section "llvm.metadata"']


def _vector(name: str, kind: str, lanes: int, inlined: str) -> list[str]:
    """Return the function of a vector: a loop over its numbers, itself made vectors."""
    whole = f"<{lanes} x {kind}>"
    return [
        f"define internal {whole} @{name}({whole} %x) {_PURE} {{",
        "begin:",
        f"  %in = alloca {whole}",
        f"  %out = alloca {whole}",
        f"  store {whole} %x, ptr %in",
        "  br label %loop",
        "loop:",
        "  %i = phi i64 [ 0, %begin ], [ %next, %loop ]",
        f"  %from = getelementptr inbounds {kind}, ptr %in, i64 %i",
        f"  %number = load {kind}, ptr %from",
        f"  %value = call {kind} {inlined}({kind} %number)",
        f"  %to = getelementptr inbounds {kind}, ptr %out, i64 %i",
        f"  store {kind} %value, ptr %to",
        "  %next = add nuw nsw i64 %i, 1",
        f"  %more = icmp slt i64 %next, {lanes}",
        "  br i1 %more, label %loop, label %end",
        "end:",
        f"  %found = load {whole}, ptr %out",
        f"  ret {whole} %found",
        "}",
    ]
