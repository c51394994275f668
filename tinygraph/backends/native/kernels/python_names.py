"""The names of generated code when it runs as plain Python: NumPy's own functions.

The functions take numbers and whole arrays alike. Callers silence
NumPy's warnings (`np.errstate(all="ignore")`), as compiled code gives none.
"""

import functools
from typing import Any

import numpy as np

from tinygraph.backends.native.kernels.expressions import WHOLE
from tinygraph.core.nodes import REGISTRY

_NUMPY = (
    *("exp", "expm1", "log", "log1p", "tanh", "sqrt", "sin", "cos"),
    *("floor", "ceil", "rint", "absolute", "sign", "isfinite"),
    *("maximum", "minimum", "floor_divide", "remainder", "power"),
)
_OWN = ("sigmoid", "softplus", "relu")


def _select(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)[()]


def _converter(name: str) -> Any:
    return lambda x: np.asarray(x).astype(name)[()]


def pack(b: Any, panels: Any) -> None:
    """Copy b (K, N) into panels (⌈N / width⌉, K, width), zeros after its columns."""
    depth, columns = b.shape
    count, _, width = panels.shape
    wide = np.zeros((depth, count * width), b.dtype)
    wide[:, :columns] = b
    panels[...] = wide.reshape(depth, count, width).transpose(1, 0, 2)


def product(a: Any, panels: Any, c: Any) -> None:
    """c = a @ b for the b that was packed."""
    count, depth, width = panels.shape
    b = panels.transpose(1, 0, 2).reshape(depth, count * width)[:, : c.shape[1]]
    np.matmul(a, b, out=c)


@functools.cache
def interpreted_names() -> dict[str, Any]:
    """Return every name that generated code uses, for code run as Python."""
    return {
        **{name: getattr(np, name) for name in _NUMPY},
        **{name: REGISTRY[name].impl for name in _OWN},
        **{f"to_{name}": _converter(name) for name in WHOLE},
        "np": np,
        "select": _select,
        "pack": pack,
        "product": product,
    }
