"""The names of generated code as plain Python: what it means without numba."""

from collections.abc import Callable
from typing import Any

from tinygraph.backends.numba import draws
from tinygraph.backends.numba.kernels.plain import plain_names


def pack(b: Any, panels: Any) -> None:
    """Keep b in the first numbers of its panels."""
    panels.reshape(-1)[: b.size] = b.reshape(-1)


def packer(panels: Any) -> Callable[[Any], None]:
    """Return what packs a matrix into panels."""
    return lambda b: pack(b, panels)


def _product(a: Any, panels: Any, c: Any, add: bool) -> None:
    depth, columns = a.shape[1], c.shape[1]
    b = panels.reshape(-1)[: depth * columns].reshape(depth, columns)
    c[...] = c + a @ b if add else a @ b


def namespace() -> dict[str, Any]:
    """Return the names of generated code, new in each call."""
    own = {function.__name__: function for function in draws.FUNCTIONS}
    return {
        **plain_names(),
        **own,
        "plus": lambda x, y: x + y,
        "pack": pack,
        "product": _product,
    }
