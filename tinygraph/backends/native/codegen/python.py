"""The names of generated code as plain Python: what it means without a compiler."""

from collections.abc import Callable
from typing import Any

from tinygraph.backends.native.codegen import random
from tinygraph.backends.native.kernels.python_names import interpreted_names, pack


def packer(panels: Any) -> Callable[[Any], None]:
    """Return what packs a matrix into panels."""
    return lambda b: pack(b, panels)


def namespace() -> dict[str, Any]:
    """Return the names of generated code, new in each call."""
    own = {function.__name__: function for function in random.FUNCTIONS}
    return {**interpreted_names(), **own, "plus": lambda x, y: x + y}
