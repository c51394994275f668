"""The table: what each op is in JAX, at one step.

The table stands here and not at the ops, for an op can be declared, run and
differentiated without it. A NumPy ufunc that `jax.numpy` has by the same name needs no
rule. Ops that lead into time and out of it have theirs in `over_time`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tinygraph.backends.jax import kernels, random
from tinygraph.backends.jax.kernels import Array, held
from tinygraph.core.building import CAST, CONSTANT
from tinygraph.core.nodes import REGISTRY, Node, Op
from tinygraph.ops import (
    arithmetic,
    indexing,
    joining,
    many_products,
    products,
    reductions,
    shaping,
    slicing,
)
from tinygraph.ops import random as draws
from tinygraph.ops.functions import IDENTITY, STOP_GRADIENT
from tinygraph.ops.greatest import MAX_N
from tinygraph.ops.time import EXTENT, STEP_INDEX

Rule = Callable[..., Array]
"""`rule(*arrays, **attrs)`, as `Op.impl`: contextual ops take `step` and `seed` too."""


def _multiply_all(*arrays: Array) -> Array:
    *lefts, weight = arrays
    return jnp.stack(lefts) @ weight


def _contract_all(*arrays: Array) -> Array:
    half = len(arrays) // 2
    return kernels.contract(jnp.stack(arrays[:half]), jnp.stack(arrays[half:]))


def _step_index(step: Array, seed: Array) -> Array:
    return jnp.asarray(step)


RULES: dict[Op, Rule] = {
    CONSTANT: lambda value, scalar=None: jnp.asarray(value, held(value.dtype)),
    CAST: lambda x, dtype: x.astype(held(dtype)),
    IDENTITY: lambda x: x,
    STOP_GRADIENT: jax.lax.stop_gradient,
    EXTENT: lambda dim: jnp.asarray(dim, held("int64")),
    STEP_INDEX: _step_index,
    shaping.BROADCAST_TO: lambda x, shape: jnp.broadcast_to(x, shape),
    shaping.BROADCAST_LIKE: lambda x, like: jnp.broadcast_to(x, like.shape),
    shaping.TRANSPOSE: lambda x, axes: jnp.transpose(x, [i % x.ndim for i in axes]),
    shaping.RESHAPE: lambda x, shape, rank: jnp.reshape(x, shape),
    shaping.FLIP: lambda x, axis: jnp.flip(x, axis),
    slicing.INDEX: lambda x, items: x[kernels.key_of(items)],
    slicing.PUT_SLICE: kernels.put_slice,
    slicing.PAD: lambda x, pad_width: jnp.pad(x, pad_width) if pad_width else x,
    joining.CONCAT: lambda *arrays, axis: jnp.concatenate(arrays, axis),
    joining.STACK: lambda *arrays, axis, name=None: jnp.stack(arrays, axis),
    joining.STACK_PADDED: kernels.stack_padded,
    arithmetic.WHERE: lambda c, x, y: jnp.where(c.astype(bool), x, y),
    arithmetic.ADD_N: kernels.add_n,
    arithmetic.FLOOR_DIVIDE: kernels.floor_divide,
    arithmetic.REMAINDER: kernels.remainder,
    MAX_N: kernels.max_n,
    REGISTRY["sigmoid"]: jax.nn.sigmoid,
    REGISTRY["softplus"]: jax.nn.softplus,
    REGISTRY["relu"]: jax.nn.relu,
    reductions.SUM: lambda x, axis, keepdims: jnp.sum(x, axis, keepdims=keepdims),
    reductions.MEAN: kernels.mean,
    reductions.MAX: lambda x, axis, keepdims: jnp.max(x, axis, keepdims=keepdims),
    reductions.MIN: lambda x, axis, keepdims: jnp.min(x, axis, keepdims=keepdims),
    reductions.LOGSUMEXP: kernels.logsumexp,
    reductions.SOFTMAX: kernels.softmax,
    reductions.LOG_SOFTMAX: kernels.log_softmax,
    reductions.CUMSUM: lambda x, axis: jnp.cumsum(x, axis[0]),
    reductions.ARGMAX: lambda x, axis, keepdims: jnp.argmax(
        x, axis[0], keepdims=keepdims
    ),
    reductions.ARGMIN: lambda x, axis, keepdims: jnp.argmin(
        x, axis[0], keepdims=keepdims
    ),
    products.PROD: lambda x, axis, keepdims: jnp.prod(x, axis, keepdims=keepdims),
    products.OTHERS: kernels.product_of_others,
    indexing.TAKE: kernels.take,
    indexing.SCATTER_ADD: kernels.scatter_add,
    indexing.TAKE_ALONG: kernels.take_along,
    indexing.PUT_ALONG: kernels.put_along,
    indexing.ONE_HOT: kernels.one_hot,
    many_products.MULTIPLY_ALL: _multiply_all,
    many_products.CONTRACT_ALL: _contract_all,
    draws.UNIFORM: random.uniform,
    draws.NORMAL: random.normal,
    draws.BERNOULLI: random.bernoulli,
    draws.CATEGORICAL: random.categorical,
}
"""Op → the function that it is; see `rule_of` for the ufuncs."""

_IN_RESULT = {
    *(reductions.SUM, reductions.MEAN, reductions.CUMSUM, products.PROD),
    *(reductions.LOGSUMEXP, reductions.SOFTMAX, reductions.LOG_SOFTMAX),
}
"""Reductions that NumPy computes in the dtype of the result."""


def rule_of(op: Op) -> Rule | None:
    """Return what an op is in JAX; None where that is not known."""
    if op in RULES:
        return RULES[op]
    if isinstance(op.impl, np.ufunc):
        found: Rule | None = getattr(jnp, op.impl.__name__, None)
        return found
    return None


def applied(node: Node, arrays: Sequence[Array], attrs: Mapping[str, Any]) -> Array:
    """Return the value of a node at one step, in its dtype.

    Args:
        arrays: its operands at this step.
        attrs: its attributes, with named dimensions as numbers; `step` and `seed` too
            for a contextual op.
    """
    rule = rule_of(node.op)
    assert rule is not None, "lowering lets no such op through"
    value = rule(*_promoted(node, arrays), **attrs)
    return value.astype(held(node.dtype))


def _promoted(node: Node, arrays: Sequence[Array]) -> list[Array]:
    """Return the operands in the dtypes in which NumPy computes."""
    op = node.op
    if isinstance(op.impl, np.ufunc):
        given = (*(x.dtype for x in node.inputs), None)
        dtypes = op.impl.resolve_dtypes(given)
        return [x.astype(held(d)) for x, d in zip(arrays, dtypes, strict=False)]
    places: Sequence[int] = ()
    if op.promotes is True or op in _IN_RESULT:
        places = range(len(arrays))
    elif op.promotes:
        places = op.promotes
    kind = held(node.dtype)
    return [x.astype(kind) if i in places else x for i, x in enumerate(arrays)]
