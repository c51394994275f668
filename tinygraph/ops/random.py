"""Random ops: pure functions of (seed, name, absolute step, element index).

A random node's value is constant to `grad`. Copies and rewrites reuse its key, so
they draw the same numbers.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.core import source_info
from tinygraph.core.building import apply, as_node, lift
from tinygraph.core.errors import DTypeError, ShapeError
from tinygraph.core.nodes import MIXED, Node, Op, Rows, check_name, register
from tinygraph.core.ranges import UNIT
from tinygraph.core.types import Shape, TensorType, as_dtype, as_shape, broadcast_shapes
from tinygraph.ops import philox


@dataclass(frozen=True, eq=False)
class RandomKey:
    """The identity of a random node: its name, shared by its copies."""

    name: str

    def with_seed(self, seed: int) -> tuple[int, int]:
        """Return the Philox key (seed, stable hash of the name)."""
        return int(seed), philox.stable_hash(self.name)


def _key(op: str, name: str | None) -> RandomKey:
    if name is not None:
        return RandomKey(check_name("a random node", name))
    scopes, _ = source_info.current()
    return RandomKey("/".join((*scopes, op)))


def _own_type(shape: Shape, dtype: Any, time: str | None, **_: Any) -> TensorType:
    return TensorType(shape, dtype, time)


def _draw(generator: Any) -> Any:
    def impl(
        step: Any, seed: int, key: RandomKey, shape: Any, dtype: Any, **attrs: Any
    ) -> Any:
        steps = np.asarray(step)
        drawn = generator(key.with_seed(seed), steps, math.prod(shape), dtype)
        return drawn.reshape((*steps.shape, *shape))

    return impl


def _over_time(impl: Any) -> Any:
    def over_time(
        y: Node, arrays: Any, steps: int, step: int, seed: int, **attrs: Any
    ) -> Any:
        return impl(step + np.arange(steps), seed, **attrs)

    return over_time


_uniform = _draw(philox.uniform)
_normal = _draw(philox.normal)

UNIFORM = register(
    Op(
        "uniform",
        infer=_own_type,
        impl=_uniform,
        over_time=_over_time(_uniform),
        bounds=UNIT,
        dims=("shape",),
        contextual=True,
        random=True,
    )
)
NORMAL = register(
    Op(
        "normal",
        infer=_own_type,
        impl=_normal,
        over_time=_over_time(_normal),
        dims=("shape",),
        contextual=True,
        random=True,
    )
)


def _bernoulli_type(
    p: TensorType, shape: Shape, dtype: Any, time: str | None, **_: Any
) -> TensorType:
    if broadcast_shapes(p.shape, shape) != shape:
        raise ShapeError(f"p of shape {p.shape} does not broadcast to {shape}")
    return TensorType(shape, dtype, p.time if time is None else time)


def _bernoulli(
    p: Any, step: Any, seed: int, key: RandomKey, shape: Any, dtype: Any, **attrs: Any
) -> Any:
    steps, size = np.asarray(step), math.prod(shape)
    whole = (*steps.shape, *shape)
    if np.size(p) != 1:
        p = np.broadcast_to(p, whole).reshape(*steps.shape, size)
    drawn = philox.bernoulli(key.with_seed(seed), steps, size, dtype, p)
    return drawn.reshape(whole)


def _bernoulli_over_time(
    y: Node, arrays: Any, steps: int, step: int, seed: int, **attrs: Any
) -> Any:
    p = arrays[0]
    p = p.reshape(len(p), *(1,) * (len(attrs["shape"]) + 1 - p.ndim), *p.shape[1:])
    return _bernoulli(p, step + np.arange(steps), seed, **attrs)


BERNOULLI = register(
    Op(
        "bernoulli",
        infer=_bernoulli_type,
        impl=_bernoulli,
        over_time=_bernoulli_over_time,
        bounds=UNIT,
        dims=("shape",),
        contextual=True,
        random=True,
        constant_in=(0,),
    )
)


def _categorical_type(logits: TensorType, key: RandomKey, at: Any = None) -> TensorType:
    if not logits.shape or not isinstance(logits.shape[-1], int):
        raise ShapeError("the last axis must be the classes, with a fixed length")
    if not logits.is_float:
        raise DTypeError(f"logits must be floats, not {logits.dtype}")
    return TensorType(logits.shape[:-1], np.dtype(np.int64), logits.time)


def _categorical(logits: Any, step: Any, seed: int, key: Any, at: Any = None) -> Any:
    """argmax(logits + Gumbel noise), the noise -log(-log u)."""
    steps, logits = np.asarray(step), np.asarray(logits)
    shape = logits.shape[steps.ndim :]
    u = philox.open_uniform(key.with_seed(seed), steps, math.prod(shape))
    gumbel = -np.log(-np.log(u)).reshape(*steps.shape, *shape)
    return np.argmax(logits + gumbel, -1)


def _categorical_over_time(
    y: Node, arrays: Any, steps: int, step: int, seed: int, **attrs: Any
) -> Any:
    logits = np.broadcast_to(arrays[0], (steps, *arrays[0].shape[1:]))
    return _categorical(logits, step + np.arange(steps), seed, **attrs)


def _categorical_rows(y: Node) -> Rows:
    return ((MIXED,) * (y.ndim + 1),)


CATEGORICAL = register(
    Op(
        "categorical",
        infer=_categorical_type,
        impl=_categorical,
        over_time=_categorical_over_time,
        rows=_categorical_rows,
        contextual=True,
        random=True,
        constant_in=(0,),
    )
)


def _attrs(shape: Any, dtype: Any, time: str | None, key: RandomKey) -> dict[str, Any]:
    float_type = as_dtype(dtype)
    if float_type.kind != "f":
        raise DTypeError(
            f"{key.name}: a random dtype must be a float type, not {float_type}"
        )
    if time is not None:
        check_name("a time axis", time)
    return {"key": key, "shape": as_shape(shape), "dtype": float_type, "time": time}


def uniform(
    shape: Any = (),
    dtype: Any = "float32",
    *,
    time: str | None = "t",
    name: str | None = None,
) -> Node:
    """Uniform numbers in [0, 1), new ones at each step; `time=None`: one draw in all.

    Args:
        shape: may hold named dimensions.
        dtype: float32 (24 bits) or float64 (53 bits).
        time: the time axis, or None for one value for all steps.
        name: seeds the node; by default its scopes and "uniform". Unique in a graph.

    Example:
        >>> tg.evaluate(tg.uniform((2,)), steps=2, seed=1)
        array([[0.7574216 , 0.73845017],
               [0.8225292 , 0.0828163 ]], dtype=float32)
    """
    attrs = _attrs(shape, dtype, time, _key("uniform", name))
    return apply(UNIFORM, name=name, **attrs)


def normal(
    shape: Any = (),
    dtype: Any = "float32",
    *,
    time: str | None = "t",
    name: str | None = None,
) -> Node:
    """Standard normal numbers (Box–Muller); arguments as of `uniform`.

    Example:
        >>> tg.evaluate(tg.normal((3,), time=None), seed=1)
        array([-0.94519234, -0.17186685,  0.29167625], dtype=float32)
    """
    attrs = _attrs(shape, dtype, time, _key("normal", name))
    return apply(NORMAL, name=name, **attrs)


def bernoulli(
    p: Any,
    shape: Any = None,
    dtype: Any = "float32",
    *,
    time: str | None = "t",
    name: str | None = None,
) -> Node:
    """Ones with probability p, else zeros; other arguments as of `uniform`.

    Args:
        p: a number or a node, broadcast to `shape`.
        shape: by default that of p.

    Example:
        >>> tg.evaluate(tg.bernoulli(0.5, (8,), time=None), seed=1)
        array([1., 1., 1., 1., 1., 1., 1., 0.], dtype=float32)
    """
    chance = as_node(p)
    wanted = chance.type.shape if shape is None else shape
    key = _key("bernoulli", name)
    attrs = _attrs(wanted, "float32", chance.type.time or time, key)
    attrs["dtype"] = as_dtype(dtype)
    if time is not None and chance.type.time is None:
        chance = lift(chance, time)
    return apply(BERNOULLI, chance, name=name, **attrs)


def categorical(logits: Any, *, name: str | None = None) -> Node:
    """Draw a class per row of `logits` (..., classes): int64, shape (...).

    argmax(logits + Gumbel noise); new numbers at each step of a per-step node.

    Raises:
        ShapeError: the last axis has no fixed length.
        DTypeError: the logits are not floats.

    Example:
        >>> tg.evaluate(tg.categorical([0.0, 100.0, 0.0]), seed=1)
        array(1)
    """
    return apply(CATEGORICAL, logits, name=name, key=_key("categorical", name))
