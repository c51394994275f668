"""Outlining: the row loops of a large function become functions of their own.

LLVM takes longer than in proportion to what a function holds: every row loop that is
made a vector looks through all of them, and every array stays alive from the first to
the last. What a row loop reads and writes is handed over as arguments, so that rows of
different arrays still do not overlap.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tinygraph.backends.native.frontend.assembly import Assembly
from tinygraph.backends.native.frontend.expressions import Variable
from tinygraph.backends.native.frontend.scalars import Value
from tinygraph.backends.native.frontend.views import View

MANY = 1000
"""Array arguments from which on a function's row loops are outlined."""
LONG = 24
"""Statements from which on a row loop is worth a call."""

Names = Mapping[str, Value | View | Variable]


class Roots:
    """Which arrays the rows that have a name may lie in."""

    def __init__(self) -> None:
        self._of: dict[str, set[str]] = {}

    def note(self, name: str, value: ast.expr) -> None:
        """Note that a name is given to an array, or to a part of one."""
        self._of.setdefault(name, set()).update(self[_base(value)])

    def __getitem__(self, name: str) -> set[str]:
        return self._of.get(name, {name})


def is_outlined(loop: ast.For) -> bool:
    """Return True for a long row loop that neither ends the function nor calls.

    What it names once is read in it alone.
    """
    if len(loop.body) < LONG:
        return False
    waiting: list[ast.stmt] = list(loop.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.If):
            waiting += [*each.body, *each.orelse]
        elif not isinstance(each, ast.Assign | ast.AugAssign):
            return False
    return True


class Outline:
    """The function that a row loop becomes, and the call of it.

    Args:
        loop: it.
        names: what each name stands for where it stands.
        roots: of the rows.
        outside: the function that calls.

    Attributes:
        assembly: of the new function.
        names: what each name stands for in it.
    """

    def __init__(
        self, loop: ast.For, names: Names, roots: Roots, outside: Assembly
    ) -> None:
        self.assembly, self._outside = Assembly(), outside
        self.names: dict[str, Value | View | Variable] = {}
        self._given: dict[str, _Given] = {}
        self._kept: list[tuple[str, str, str]] = []
        found = list(ast.walk(loop))
        stored = set(_stored(found))
        read = (each.id for each in found if type(each) is ast.Name)
        counts = _base(loop.target)
        free = [x for x in dict.fromkeys(read) if x in names and x != counts]
        rows = [each for each in free if isinstance(_held(names[each]), View)]
        within = Counter(root for each in rows for root in roots[each])
        written = {root for each in rows if each in stored for root in roots[each]}
        for name in free:
            meets = any(within[x] > 1 and x in written for x in roots[name])
            self.names[name] = self._handed(names[name], name in stored, not meets)

    def lines(self, symbol: str) -> list[str]:
        """Return the function, once the loop is written into it."""
        given = ", ".join(f"{each.kind} {each.name}" for each in self._given.values())
        for address, room, kind in self._kept:
            text = self.assembly.give(f"load {kind}, ptr {room}")
            self.assembly.run(f"store {kind} {text}, ptr {address}")
        return [
            f"define internal void {symbol}({given}) #0 {{",
            ".begin:",
            *self.assembly.variables,
            *self.assembly.lines,
            "  ret void",
            "}",
        ]

    def call(self, symbol: str) -> None:
        """Write the instruction that runs it into the function outside."""
        given = (f"{x.kind.split()[0]} {text}" for text, x in self._given.items())
        self._outside.run(f"call void {symbol}({', '.join(given)})")

    def _handed(
        self, given: Value | View | Variable, stored: bool, alone: bool
    ) -> Value | View | Variable:
        held = _held(given)
        if isinstance(given, Variable):
            if stored and isinstance(held, Value):
                return self._variable(given.pointer, held)
            kind = "ptr" if isinstance(held, View) else held.type.ir
            text = self._outside.give(f"load {kind}, ptr {given.pointer}")
            held = (
                held._replace(pointer=text)
                if isinstance(held, View)
                else held._replace(text=text, known=None)
            )
        if isinstance(held, Value):
            return self._value(held)
        return View(
            self._argument(held.pointer, "ptr noalias" if alone else "ptr"),
            held.type,
            tuple(None if x is None else self._value(x) for x in held.lengths),
            tuple(map(self._value, held.distances)),
        )

    def _variable(self, pointer: str, held: Value) -> Variable:
        """Keep a variable in the new function while it runs."""
        address, kind = self._argument(pointer, "ptr noalias"), held.type.ir
        room = self.assembly.room(kind)
        text = self.assembly.give(f"load {kind}, ptr {address}")
        self.assembly.run(f"store {kind} {text}, ptr {room}")
        self._kept.append((address, room, kind))
        return Variable(room, held)

    def _value(self, value: Value) -> Value:
        if value.known is not None:
            return value
        return value._replace(text=self._argument(value.text, value.type.ir))

    def _argument(self, text: str, kind: str) -> str:
        found = self._given.setdefault(text, _Given(f"%.a{len(self._given)}", kind))
        return found.name


class _Given(NamedTuple):
    """An argument: its name in the new function, its type with what is said of it."""

    name: str
    kind: str


def _held(given: Value | View | Variable) -> Value | View:
    return given.held if isinstance(given, Variable) else given


def _stored(found: Iterable[ast.AST]) -> Iterator[str]:
    """Return the names that are assigned to, or to elements of which."""
    for each in found:
        if type(each) is ast.Assign:
            yield from map(_base, each.targets)
        elif type(each) is ast.AugAssign:
            yield _base(each.target)


def _base(node: ast.expr) -> str:
    """Return the name of which an expression is a part."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
