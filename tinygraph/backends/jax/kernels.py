"""Functions of arrays that `jax.numpy` lacks, or has with another meaning."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from tinygraph.ops.slicing import Item

Array = Any
"""An array of JAX's, or a tracer of one."""


def held(dtype: Any) -> Any:
    """Return the dtype in which JAX holds a dtype: of 32 bits where x64 is off."""
    return jax.dtypes.canonicalize_dtype(dtype)


def stored(x: Array) -> Array:
    """Return an array that is computed once and stored, wherever it is read.

    It passes a branch that is never taken: XLA looks into none, and on CPUs forgets
    `optimization_barrier` before it fuses.
    """
    if not x.size:
        return x
    number = x[(0,) * x.ndim]
    never = (number > 1) & (number < 0)
    return jax.lax.cond(never, jnp.negative, lambda value: value, x)


def floor_divide(x: Array, y: Array) -> Array:
    """NumPy's `//`: 0 for integers divided by 0; for floats, that of C's fmod."""
    if jnp.issubdtype(x.dtype, jnp.floating):
        plain = jnp.floor_divide(x, y)
        return jnp.where(y == 0, x / y, plain)
    return jnp.where(y == 0, 0, jnp.floor_divide(x, jnp.where(y == 0, 1, y)))


def remainder(x: Array, y: Array) -> Array:
    """NumPy's `%`: 0 for integers divided by 0."""
    if jnp.issubdtype(x.dtype, jnp.floating):
        return jnp.remainder(x, y)
    return jnp.where(y == 0, 0, jnp.remainder(x, jnp.where(y == 0, 1, y)))


def add_n(*arrays: Array) -> Array:
    """Add any number of arrays, from the first on."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def max_n(*arrays: Array) -> Array:
    """Return the greatest of any number of arrays; ties share the gradient equally."""
    return jnp.max(jnp.stack(arrays), 0)


def mean(x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    """Return the mean; of nothing it is NaN."""
    if x.size:
        return jnp.mean(x, axis, keepdims=keepdims)
    return jnp.sum(x, axis, keepdims=keepdims) * jnp.nan


def _shifted(x: Array, axis: tuple[int, ...]) -> tuple[Array, Array]:
    """Return x minus its finite maxima, and those, axes kept."""
    top = jnp.max(x, axis, keepdims=True, initial=-jnp.inf)
    top = jax.lax.stop_gradient(jnp.where(jnp.isfinite(top), top, 0))
    return x - top, top


def logsumexp(x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    """max + log Σ e^(x - max); an infinite max is left out of the difference."""
    shifted, top = _shifted(x, axis)
    total = jnp.log(jnp.sum(jnp.exp(shifted), axis, keepdims=True)) + top
    return total if keepdims else jnp.squeeze(total, axis)


def softmax(x: Array, axis: tuple[int, ...]) -> Array:
    """e^(x - top) / Σ e^(x - top)."""
    e = jnp.exp(_shifted(x, axis)[0])
    return e / jnp.sum(e, axis, keepdims=True)


def log_softmax(x: Array, axis: tuple[int, ...]) -> Array:
    """x - top - log Σ e^(x - top)."""
    shifted, _ = _shifted(x, axis)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis, keepdims=True))


def product_of_others(x: Array) -> Array:
    """Return for each element the product of all others on the last axis."""

    def before(values: Array) -> Array:
        ones = jnp.ones_like(values[..., :1])
        return jnp.cumprod(jnp.concatenate([ones, values[..., :-1]], -1), -1)

    return before(x) * before(x[..., ::-1])[..., ::-1]


def key_of(items: Sequence[Item]) -> tuple[Any, ...]:
    """Return the index that basic items are."""
    return tuple(slice(*i) if isinstance(i, tuple) else i for i in items)


def put_slice(ct: Array, like: Array, items: Sequence[Item]) -> Array:
    """Put a block into zeros."""
    return jnp.zeros(like.shape, ct.dtype).at[key_of(items)].set(ct)


def stack_padded(*arrays: Array, axis: int, padding: tuple[int, int]) -> Array:
    """Stack along a new axis, with zeros before and after."""
    stacked = jnp.stack(jnp.broadcast_arrays(*arrays), axis)
    widths = [(0, 0)] * stacked.ndim
    widths[axis] = padding
    return jnp.pad(stacked, widths)


def counting(indices: Array) -> Array:
    """Return indices in a dtype that holds any length: int8 ends at 127."""
    return indices.astype(jnp.int32) if indices.dtype.itemsize < 4 else indices


def _from_the_start(indices: Array, length: int) -> Array:
    """Return indices with the negative ones counted from the end."""
    indices = counting(indices)
    signed = indices.dtype.kind == "i"
    return jnp.where(indices < 0, indices + length, indices) if signed else indices


def take(x: Array, indices: Array, axis: int) -> Array:
    """Take as `np.take`; out of range is NaN, or the least integer."""
    return jnp.take(x, _from_the_start(indices, x.shape[axis]), axis, mode="fill")


def scatter_flat(indices: Array, rows: Array, length: int) -> Array:
    """Add up the rows (n, ...) that share an index: (length, ...)."""
    zeros = jnp.zeros((length, *rows.shape[1:]), rows.dtype)
    return zeros.at[_from_the_start(indices, length)].add(rows, mode="drop")


def scatter_add(
    indices: Array, updates: Array, like: Array, length: int, axis: int
) -> Array:
    """Add updates into zeros at indices along an axis."""
    n = indices.ndim
    front = updates.ndim - (-1 - axis) - n
    rows = jnp.moveaxis(updates, range(front, front + n), range(n))
    rows = rows.reshape(indices.size, *rows.shape[n:])
    return jnp.moveaxis(scatter_flat(indices.reshape(-1), rows, length), 0, front)


def take_along(x: Array, indices: Array, axis: int, labels_of: str = "") -> Array:
    """Take as `np.take_along_axis`; out of range is NaN, or the least integer."""
    places = _from_the_start(indices, x.shape[axis])
    return jnp.take_along_axis(x, places, axis, mode="fill")


def put_along(
    values: Array, indices: Array, length: int, axis: int, labels_of: str = ""
) -> Array:
    """Add values into zeros along one axis; equal indices add up."""
    values, indices = jnp.broadcast_arrays(values, indices)
    places = _from_the_start(jnp.moveaxis(indices, axis, -1), length)
    hits = places[..., jnp.newaxis] == jnp.arange(length, dtype=places.dtype)
    chosen = jnp.where(hits, jnp.moveaxis(values, axis, -1)[..., jnp.newaxis], 0)
    return jnp.moveaxis(jnp.sum(chosen, -2, dtype=values.dtype), -1, axis)


def one_hot(indices: Array, depth: int, dtype: Any) -> Array:
    """Rows of zeros with a one at each index; none where out of range."""
    indices = counting(indices)
    places = jnp.arange(depth, dtype=indices.dtype)
    return (indices[..., jnp.newaxis] == places).astype(held(dtype))


def contract(a: Array, b: Array) -> Array:
    """Σ aᵀ @ b over all leading axes: one product of two matrices."""
    leading = list(range(a.ndim - 1))
    return jnp.tensordot(a, b, (leading, leading))
