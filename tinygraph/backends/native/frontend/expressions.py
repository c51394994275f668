"""Numbers of generated code as LLVM IR: arithmetic, comparisons, elements, calls."""

import ast
from collections.abc import Callable
from typing import Any, NamedTuple

from tinygraph.backends.native.frontend.calls import Calls
from tinygraph.backends.native.frontend.places import combined
from tinygraph.backends.native.frontend.scalars import (
    BOOL,
    F64,
    I64,
    TYPES,
    Value,
    common,
    constant,
    whole,
)
from tinygraph.backends.native.frontend.views import View


class Variable(NamedTuple):
    """A name that is assigned to more than once: it stands in memory.

    Attributes:
        pointer: where.
        held: what it held first, which says its type; of a view the lengths too.
    """

    pointer: str
    held: Value | View


_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
_TESTS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("slt", "olt"),
    ast.LtE: ("sle", "ole"),
    ast.Gt: ("sgt", "ogt"),
    ast.GtE: ("sge", "oge"),
    ast.Eq: ("eq", "oeq"),
    ast.NotEq: ("ne", "une"),
}
"""Sign → how integers and floats compare; NaN differs from everything."""


class Expressions:
    """Writes the expressions of one function.

    Args:
        calls: which writes what functions give.

    Attributes:
        assembly: into which they are written.
        calls: as given.
        names: what each name stands for.
    """

    def __init__(self, calls: Calls) -> None:
        self.assembly = calls.assembly
        self.calls = calls
        self.names: dict[str, Value | View | Variable] = {}

    def number(self, node: ast.expr) -> Value:
        """Write an expression that is a number."""
        return _NUMBERS[type(node)](self, node)

    def place(self, node: ast.expr) -> Value:
        """Write an index, whose arithmetic does not overflow."""
        if isinstance(node, ast.BinOp):
            left, right = self.place(node.left), self.place(node.right)
            return combined(self.assembly, type(node.op), left, right)
        return self.assembly.converted(self.number(node), I64)

    def view(self, node: ast.expr) -> View:
        """Write an array, or a part of one."""
        if isinstance(node, ast.Subscript):
            return self._part(node)
        found = self._named(node)
        assert isinstance(found, View)
        return found

    def value(self, node: ast.expr) -> Value | View:
        """Write an expression of either sort."""
        if isinstance(node, ast.Subscript):
            part = self._part(node)
            return part if part.distances else part.load(self.assembly)
        if isinstance(node, ast.Name):
            return self._named(node)
        return self.number(node)

    def _part(self, node: ast.Subscript) -> View:
        inside = node.slice
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        return self.view(node.value).at(self.assembly, [*map(self._bound, parts)])

    def _bound(self, node: ast.expr) -> Value | tuple[Value, Value]:
        if not isinstance(node, ast.Slice):
            return self.place(node)
        assert node.lower is not None
        assert node.upper is not None
        return self.place(node.lower), self.place(node.upper)

    def _named(self, node: ast.expr) -> Value | View:
        assert isinstance(node, ast.Name)
        found = self.names[node.id]
        if not isinstance(found, Variable):
            return found
        if isinstance(found.held, View):
            text = self.assembly.give(f"load ptr, ptr {found.pointer}")
            return found.held._replace(pointer=text)
        kind = found.held.type
        return Value(self.assembly.give(f"load {kind.ir}, ptr {found.pointer}"), kind)

    def _name(self, node: Any) -> Value:
        found = self._named(node)
        assert isinstance(found, Value)
        return found

    def _constant(self, node: Any) -> Value:
        value = node.value
        if isinstance(value, bool):
            return constant(value, BOOL)
        return whole(value) if isinstance(value, int) else constant(value, F64)

    def _attribute(self, node: Any) -> Value:
        """`np.inf` or `np.nan`."""
        return constant(float(node.attr), F64)

    def _element(self, node: Any) -> Value:
        return self._part(node).load(self.assembly)

    def _binary(self, node: Any) -> Value:
        if isinstance(node.op, ast.FloorDiv | ast.Mod):
            return self.place(node)
        left, right = self.number(node.left), self.number(node.right)
        return self.arithmetic(_ARITHMETIC[type(node.op)], left, right)

    def arithmetic(self, name: str, left: Value, right: Value) -> Value:
        """Write an operation on two numbers, in the type that they have in common."""
        kind = common(left.type, right.type)
        x, y = (self.assembly.converted(each, kind).text for each in (left, right))
        if kind.kind == "f":
            name = f"f{name} contract"
        return Value(self.assembly.give(f"{name} {kind.ir} {x}, {y}"), kind)

    def _unary(self, node: Any) -> Value:
        x = self.number(node.operand)
        if isinstance(node.op, ast.Not):
            x = self.assembly.converted(x, BOOL)
            return Value(self.assembly.give(f"xor i1 {x.text}, true"), BOOL)
        if x.known is not None:
            return constant(-x.known, I64 if x.type.kind != "f" else x.type)
        if x.type.kind == "f":
            return Value(self.assembly.give(f"fneg {x.type.ir} {x.text}"), x.type)
        x = self.assembly.converted(x, I64)
        return Value(self.assembly.give(f"sub i64 0, {x.text}"), I64)

    def _compare(self, node: Any) -> Value:
        left, found = self.number(node.left), None
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.number(other)
            test = self._compared(type(sign), left, right)
            found = test if found is None else self._both("and", found, test)
            left = right
        assert found is not None
        return found

    def _compared(self, sign: type[ast.cmpop], left: Value, right: Value) -> Value:
        kind = common(left.type, right.type)
        for known, other in ((left, right), (right, left)):
            if known.known is not None and kind.kind == "f":
                kind = other.type
        x, y = (self.assembly.converted(each, kind).text for each in (left, right))
        of_whole, of_floats = _TESTS[sign]
        how = f"fcmp {of_floats}" if kind.kind == "f" else f"icmp {of_whole}"
        return Value(self.assembly.give(f"{how} {kind.ir} {x}, {y}"), BOOL)

    def _both(self, name: str, left: Value, right: Value) -> Value:
        return Value(self.assembly.give(f"{name} i1 {left.text}, {right.text}"), BOOL)

    def _logic(self, node: Any) -> Value:
        """`and`, `or`: the parts are tests without effects, so all are made."""
        name = "and" if isinstance(node.op, ast.And) else "or"
        found = self.number(node.values[0])
        for other in node.values[1:]:
            found = self._both(name, found, self.number(other))
        return found

    def _choice(self, node: Any) -> Value:
        """One of two numbers; what is not chosen is not read."""
        assembly = self.assembly
        yes, no, after = assembly.label(), assembly.label(), assembly.label()
        assembly.branch(self.number(node.test), yes, no)
        found = []
        for label, part in ((yes, node.body), (no, node.orelse)):
            assembly.begin(label)
            found.append((self.number(part), assembly.block))
            assembly.jump(after)
        assembly.begin(after)
        kind = found[0][0].type
        pairs = ", ".join(f"[ {value.text}, %{block} ]" for value, block in found)
        return Value(assembly.give(f"phi {kind.ir} {pairs}"), kind)

    def _call(self, node: Any) -> Value:
        function = node.func
        if isinstance(function, ast.Attribute):
            return self._converted(function.attr.rstrip("_"), node.args[0])
        name = function.id
        if name.startswith("to_"):
            return self._converted(name[3:], node.args[0])
        return self.calls.number(name, [self.number(each) for each in node.args])

    def _converted(self, dtype: str, node: ast.expr) -> Value:
        kind = TYPES[dtype]
        return self.assembly.converted(self.number(node), kind)


_NUMBERS: dict[type[ast.expr], Callable[[Expressions, Any], Value]] = {
    ast.Name: Expressions._name,
    ast.Constant: Expressions._constant,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._element,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.BoolOp: Expressions._logic,
    ast.IfExp: Expressions._choice,
    ast.Call: Expressions._call,
}
