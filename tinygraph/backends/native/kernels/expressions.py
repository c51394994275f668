"""What generated code writes for an elementwise op: one text for numbers of any dtype.

The text is Python over NumPy scalars, and the names in it are those of
`formulas.FORMULAS`.
Operands are converted first to the dtype that NumPy would compute in, and integer
results are cut back to their width (int32 + int32 is an int64 in generated code).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

DType = np.dtype[Any]

Expression = Callable[[Sequence[str], Sequence[DType], DType], str | None]
"""(operands, their dtypes, the result's) → text; None for other dtypes."""

FLOATS = ("float32", "float64")
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
DTYPES = frozenset(map(np.dtype, (*FLOATS, *WHOLE, "bool")))
"""Element types that generated code works on."""
BINARY = ("maximum", "minimum", "floor_divide", "remainder", "power")
"""The functions of two numbers."""
LONG_FORMULAS = frozenset(
    ("exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus")
)
"""Elementwise ops whose formulas are polynomials: constants that want registers."""


def expression(
    op: str, operands: Sequence[str], dtypes: Sequence[DType], result: DType
) -> str | None:
    """Return the text of an elementwise op, or None where there is none.

    Args:
        op: its name in the registry.
        operands: texts of the operands: names, or texts in parentheses.
        dtypes: theirs.
        result: the dtype of the node.

    >>> f32, i32 = np.dtype("float32"), np.dtype("int32")
    >>> expression("add", ["a", "b"], [f32, f32], f32)
    'a + b'
    >>> expression("add", ["a", "b"], [i32, i32], i32)
    'np.int32(a + b)'
    >>> expression("where", ["c", "x", "y"], [np.dtype("bool"), f32, i32], f32)
    'select(c, x, np.float32(y))'
    """
    if op not in EXPRESSIONS or not DTYPES.issuperset((result, *dtypes)):
        return None
    return EXPRESSIONS[op](operands, dtypes, result)


def converted(text: str, dtype: DType, wanted: DType) -> str:
    """Return the text of a number in another dtype, as `astype` converts it."""
    if dtype == wanted:
        return text
    if wanted.kind == "b":
        return f"({text} != 0)"
    if dtype.kind == "f" and wanted.kind in "iu":
        return f"to_{wanted.name}({text})"
    return f"np.{wanted.name}({text})"


def _compared(operands: Sequence[str], dtypes: Sequence[DType]) -> list[str]:
    """Bring both sides to one dtype; integers of two widths compare as they are."""
    kind = np.dtype(np.int8) if _all_bool(dtypes) else np.result_type(*dtypes)
    if kind.kind == "f" or _all_bool(dtypes):
        return [converted(x, d, kind) for x, d in zip(operands, dtypes, strict=True)]
    return list(operands)


def _all_bool(dtypes: Sequence[DType]) -> bool:
    return all(dtype.kind == "b" for dtype in dtypes)


def _between(sign: str, operands: Sequence[str]) -> str:
    return f" {sign} ".join(operands)


def _cut(text: str, dtype: DType) -> str:
    return text if dtype.kind == "f" else f"np.{dtype.name}({text})"


def _in_result_dtype(text: Callable[[list[str], DType], str | None]) -> Expression:
    """Convert the operands to the dtype of the result first."""

    def rule(
        operands: Sequence[str], dtypes: Sequence[DType], result: DType
    ) -> str | None:
        pairs = zip(operands, dtypes, strict=True)
        return text([converted(x, dtype, result) for x, dtype in pairs], result)

    return rule


def _infix(sign: str, bools: str | None = None) -> Expression:
    """A sign between numbers, and one between bools."""

    def text(operands: list[str], dtype: DType) -> str | None:
        if dtype.kind == "b":
            return None if bools is None else _between(bools, operands)
        return _cut(_between(sign, operands), dtype)

    return _in_result_dtype(text)


def _formula(form: str) -> Expression:
    """A formula of one number x."""
    return _in_result_dtype(
        lambda operands, dtype: (
            None if dtype.kind == "b" else _cut(form.format(x=operands[0]), dtype)
        )
    )


def function(
    name: str, bools: str | None = None, whole: str | None = "function"
) -> Expression:
    """A function of numbers.

    Args:
        bools: the sign between bools, "" for the operand itself.
        whole: what integers give: "function" for the same, "" for the operand itself;
            None where they have none.
    """

    def text(operands: list[str], dtype: DType) -> str | None:
        if dtype.kind == "b":
            return None if bools is None else _between(bools, operands)
        if dtype.kind != "f" and not whole:
            return None if whole is None else operands[0]
        if dtype.kind in "fi":
            return f"{name}({', '.join(operands)})"
        wide = ", ".join(f"np.int64({x})" for x in operands)
        return _cut(f"{name}({wide})", dtype)

    return _in_result_dtype(text)


def _comparison(sign: str) -> Expression:
    def rule(operands: Sequence[str], dtypes: Sequence[DType], result: DType) -> str:
        left, right = _compared(operands, dtypes)
        return f"{left} {sign} {right}"

    return rule


def _isfinite(operands: Sequence[str], dtypes: Sequence[DType], result: DType) -> str:
    return f"isfinite({operands[0]})" if dtypes[0].kind == "f" else "True"


def _where(operands: Sequence[str], dtypes: Sequence[DType], result: DType) -> str:
    truth = converted(operands[0], dtypes[0], np.dtype(bool))
    x, y = (converted(operands[i], dtypes[i], result) for i in (1, 2))
    return f"select({truth}, {x}, {y})"


_COPY = _in_result_dtype(lambda operands, dtype: operands[0])

EXPRESSIONS: dict[str, Expression] = {
    "add": _infix("+", "|"),
    "add_n": _infix("+", "|"),
    "subtract": _infix("-"),
    "multiply": _infix("*", "&"),
    "divide": _infix("/"),
    "negative": _formula("-{x}"),
    "square": _formula("{x} * {x}"),
    "equal": _comparison("=="),
    "not_equal": _comparison("!="),
    "less": _comparison("<"),
    "less_equal": _comparison("<="),
    "greater": _comparison(">"),
    "greater_equal": _comparison(">="),
    "logical_and": _infix("&", "&"),
    "logical_or": _infix("|", "|"),
    "logical_xor": _infix("^", "^"),
    "logical_not": _in_result_dtype(lambda operands, dtype: f"not {operands[0]}"),
    "isfinite": _isfinite,
    "where": _where,
    "identity": _COPY,
    "stop_gradient": _COPY,
    "cast": _COPY,
    "every_step": _COPY,
    "exp": function("exp"),
    "expm1": function("expm1"),
    "log": function("log"),
    "log1p": function("log1p"),
    "sqrt": function("sqrt"),
    "sin": function("sin"),
    "cos": function("cos"),
    "tanh": function("tanh"),
    "sigmoid": function("sigmoid"),
    "softplus": function("softplus"),
    "relu": function("relu"),
    "floor": function("floor", bools="", whole=""),
    "ceil": function("ceil", bools="", whole=""),
    "round": function("rint"),
    "abs": function("absolute", bools=""),
    "sign": function("sign"),
    "maximum": function("maximum", bools="|"),
    "minimum": function("minimum", bools="&"),
    "floor_divide": function("floor_divide"),
    "remainder": function("remainder"),
    "power": function("power", whole=None),
}
"""Op → its text. Keyed by name: the texts stand beneath the ops' declarations."""
