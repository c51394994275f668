"""The names of generated code when it runs as plain Python: NumPy's own functions.

Needs no numba. The functions take numbers and whole arrays alike. Callers silence
NumPy's warnings (`np.errstate(all="ignore")`), as compiled code gives none.
"""

import functools
from typing import Any

import numpy as np

from tinygraph.backends.numba.kernels.expressions import WHOLE
from tinygraph.nodes import REGISTRY

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


@functools.cache
def plain_names() -> dict[str, Any]:
    """Return every name that `expression` uses, for code run as Python."""
    return {
        **{name: getattr(np, name) for name in _NUMPY},
        **{name: REGISTRY[name].impl for name in _OWN},
        **{f"to_{name}": _converter(name) for name in WHOLE},
        "np": np,
        "select": _select,
        "power_whole": np.power,
    }
