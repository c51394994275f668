"""What generated code writes for an elementwise op: one text for numbers of any dtype.

The text means the same with the jit on and off: it is Python over NumPy scalars, and
the names in it are those of `intrinsics.compiled_names()` or of `python_names`.
Operands are converted first to the dtype that NumPy would compute in, and integer
results are cut back to their width (numba widens int32 + int32 to int64).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

DType = np.dtype[Any]

_INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "add_n": "+",
}
_BOOL_INFIX = {
    "add": "|",
    "add_n": "|",
    "multiply": "&",
    "maximum": "|",
    "minimum": "&",
}
_COMPARISONS = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}
_LOGICAL = {"logical_and": "&", "logical_or": "|", "logical_xor": "^"}
_COPIES = ("identity", "stop_gradient", "cast", "every_step")
_WHOLE_ALREADY = ("floor", "ceil")
_FUNCTIONS = {
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softplus": "softplus",
    "relu": "relu",
    "floor": "floor",
    "ceil": "ceil",
    "round": "rint",
    "abs": "absolute",
    "sign": "sign",
    "maximum": "maximum",
    "minimum": "minimum",
    "floor_divide": "floor_divide",
    "remainder": "remainder",
    "power": "power",
}
BINARY = ("maximum", "minimum", "floor_divide", "remainder", "power")
"""The functions of two numbers."""
FLOATS = ("float32", "float64")
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
OPS = frozenset(
    (
        *(*_INFIX, *_COMPARISONS, *_LOGICAL, *_COPIES, *_FUNCTIONS),
        *("negative", "square", "logical_not", "isfinite", "where"),
    )
)
"""The ops that `expression` knows."""


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
    known = (*FLOATS, *WHOLE, "bool")
    if op not in OPS or any(d.name not in known for d in (result, *dtypes)):
        return None
    if op in _COMPARISONS:
        left, right = _compared(operands, dtypes)
        return f"{left} {_COMPARISONS[op]} {right}"
    if op in _LOGICAL or op == "logical_not":
        true = [converted(*pair, result) for pair in zip(operands, dtypes, strict=True)]
        return f"not {true[0]}" if op == "logical_not" else _between(_LOGICAL[op], true)
    if op == "isfinite":
        return f"isfinite({operands[0]})" if dtypes[0].kind == "f" else "True"
    if op == "where":
        truth = converted(operands[0], dtypes[0], np.dtype(bool))
        x, y = (converted(operands[i], dtypes[i], result) for i in (1, 2))
        return f"select({truth}, {x}, {y})"
    same = [converted(*pair, result) for pair in zip(operands, dtypes, strict=True)]
    return _computed(op, same, result)


def _computed(op: str, operands: list[str], dtype: DType) -> str | None:
    """Return the text of an op whose operands and result are of one dtype."""
    x = operands[0]
    if op in _COPIES:
        return x
    if dtype.kind == "b":
        if op in _BOOL_INFIX:
            return _between(_BOOL_INFIX[op], operands)
        return x if op in ("abs", *_WHOLE_ALREADY) else None
    if op in _INFIX:
        return _cut(_between(_INFIX[op], operands), dtype)
    if op == "negative":
        return _cut(f"-{x}", dtype)
    if op == "square":
        return _cut(f"{x} * {x}", dtype)
    if dtype.kind == "f":
        return f"{_FUNCTIONS[op]}({', '.join(operands)})"
    return _of_integers(op, operands, dtype)


def _of_integers(op: str, operands: list[str], dtype: DType) -> str:
    if op in _WHOLE_ALREADY:
        return operands[0]
    name = "power_whole" if op == "power" else _FUNCTIONS[op]
    if dtype.kind == "i" and op != "power":
        return f"{name}({', '.join(operands)})"
    wide = [f"np.int64({x})" for x in operands]
    return _cut(f"{name}({', '.join(wide)})", dtype)


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
