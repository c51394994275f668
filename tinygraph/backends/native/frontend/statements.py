"""The statements of generated code as LLVM IR: assignments, loops, tests."""

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tinygraph.backends.native.frontend.expressions import Expressions, Variable
from tinygraph.backends.native.frontend.outlining import Outline, Roots, is_outlined
from tinygraph.backends.native.frontend.scalars import BOOL, I64, Value, whole
from tinygraph.backends.native.frontend.views import View
from tinygraph.backends.native.kernels.random_bits import FILL


class Statements:
    """Writes the statements of one function.

    Args:
        expressions: which writes what stands in them.
        counts: how often each name is assigned to; more than once, it is a variable.
        name: of the function; None where row loops stay in it.

    Attributes:
        line: of the source, of the statement that is written.
        outlined: the lines of the functions that row loops have become.
    """

    def __init__(
        self, expressions: Expressions, counts: Counter[str], name: str | None = None
    ) -> None:
        self.expressions = expressions
        self.assembly = expressions.assembly
        self.names = expressions.names
        self.line = 0
        self.outlined: list[str] = []
        self._counts = counts
        self._name = name
        self._roots = Roots()
        self._outlines = 0

    def write(self, body: Sequence[ast.stmt]) -> None:
        """Write statements, in order."""
        for each in body:
            self.line = each.lineno
            _STATEMENTS[type(each)](self, each)

    def _assign(self, node: Any) -> None:
        (target,) = node.targets
        if isinstance(target, ast.Subscript):
            number = self.expressions.number(node.value)
            self.expressions.view(target).store(self.assembly, number)
            return
        value = self.expressions.value(node.value)
        if isinstance(value, View):
            self._roots.note(target.id, node.value)
        self._bind(target.id, value)

    def _add(self, node: Any) -> None:
        """`k += n` of indices."""
        total = ast.BinOp(node.target, node.op, node.value)
        self._bind(node.target.id, self.expressions.place(total))

    def _bind(self, name: str, value: Value | View) -> None:
        if self._counts[name] == 1:
            self.names[name] = value
            return
        if name not in self.names:
            kind = "ptr" if isinstance(value, View) else value.type.ir
            self.names[name] = Variable(self.assembly.room(kind), value)
        variable = self.names[name]
        assert isinstance(variable, Variable)
        if isinstance(value, View):
            self.assembly.run(f"store ptr {value.pointer}, ptr {variable.pointer}")
            return
        assert isinstance(variable.held, Value)
        kind = variable.held.type.ir
        value = self.assembly.converted(value, variable.held.type)
        self.assembly.run(f"store {kind} {value.text}, ptr {variable.pointer}")

    def _for(self, node: Any) -> None:
        """A loop over a range, tested at its end; nothing where the range is empty."""
        if self._name is not None and is_outlined(node):
            self._outline(node)
            return
        assembly = self.assembly
        *first, last = (self.expressions.place(each) for each in node.iter.args)
        start = first[0] if first else whole(0)
        body, after = assembly.label(), assembly.label()
        if start.known is not None and last.known is not None:
            if start.known >= last.known:
                return
            assembly.jump(body)
        else:
            assembly.branch(self._less(start, last), body, after)
        before = assembly.block
        assembly.begin(body)
        index, following = assembly.fresh(), assembly.fresh()
        place = len(assembly.lines)
        assembly.lines.append("")
        self.names[node.target.id] = Value(index, I64)
        self.write(node.body)
        if assembly.open:
            assembly.run(f"{following} = add nuw nsw i64 {index}, 1")
            pairs = f"[ {start.text}, %{before} ], [ {following}, %{assembly.block} ]"
            assembly.lines[place] = f"  {index} = phi i64 {pairs}"
            assembly.branch(self._less(Value(following, I64), last), body, after)
        else:
            assembly.lines[place] = f"  {index} = phi i64 [ {start.text}, %{before} ]"
        assembly.begin(after)

    def _outline(self, loop: ast.For) -> None:
        """Write a row loop as a function of its own, and the call of it."""
        symbol = f'@"{self._name}.row{self._outlines}"'
        self._outlines += 1
        outline = Outline(loop, self.names, self._roots, self.assembly)
        expressions = Expressions(self.expressions.calls.elsewhere(outline.assembly))
        expressions.names.update(outline.names)
        within = Statements(expressions, self._counts)
        try:
            within.write([loop])
        finally:
            self.line = within.line
        outline.call(symbol)
        self.outlined += outline.lines(symbol)

    def _less(self, left: Value, right: Value) -> Value:
        test = self.assembly.give(f"icmp slt i64 {left.text}, {right.text}")
        return Value(test, BOOL)

    def _if(self, node: Any) -> None:
        assembly = self.assembly
        yes, after = assembly.label(), assembly.label()
        no = assembly.label() if node.orelse else after
        assembly.branch(self.expressions.number(node.test), yes, no)
        for label, body in ((yes, node.body), (no, node.orelse)):
            if body:
                assembly.begin(label)
                self.write(body)
                assembly.jump(after)
        assembly.begin(after)

    def _return(self, node: Any) -> None:
        self.assembly.run(f"ret i32 {node.value.value}")
        self.assembly.open = False

    def _call(self, node: Any) -> None:
        call = node.value
        if call.func.id == FILL:
            row = self.expressions.view(call.args[0])
            *key, first, count = map(self.expressions.place, call.args[1:])
            self.expressions.calls.draw(row, key, first, count)
            return
        views = [self.expressions.view(each) for each in call.args]
        self.expressions.calls.matrix(call.func.id, views)


_STATEMENTS: dict[type[ast.stmt], Callable[[Statements, Any], None]] = {
    ast.Assign: Statements._assign,
    ast.AugAssign: Statements._add,
    ast.For: Statements._for,
    ast.If: Statements._if,
    ast.Return: Statements._return,
    ast.Expr: Statements._call,
}


def assignments(body: Sequence[ast.stmt]) -> Counter[str]:
    """Return how often each name is assigned to, loops apart."""
    found: Counter[str] = Counter()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.For):
            waiting += node.body
        elif isinstance(node, ast.If):
            waiting += [*node.body, *node.orelse]
        elif isinstance(node, ast.Assign):
            found.update(t.id for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] += 1
    return found
