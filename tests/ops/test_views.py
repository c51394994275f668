"""Views by hand are NumPy's."""

import itertools
import re

import numpy as np
import pytest

from tinygraph.ops.views import broadcast_view

PLAIN = [(), (1,), (3,), (1, 1), (2, 1), (1, 3), (2, 3), (4, 2, 3)]
SHAPES = [*PLAIN, (0,), (2, 0), (1, 0)]
LAID = {
    "in one piece": lambda x: x,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "backwards": lambda x: x[::-1] if x.ndim else x,
    "every other one": lambda x: np.repeat(x, 2, -1)[..., ::2] if x.ndim else x,
}


@pytest.mark.parametrize("laid", LAID)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "bool"])
def test_a_view_is_numpy_s(laid, dtype):
    """The same numbers, strides where they count, memory and refusals."""
    for old, new in itertools.product(SHAPES, SHAPES):
        x = LAID[laid](np.arange(np.prod(old, dtype=int)).reshape(old).astype(dtype))
        wanted, refused = numpy_says(x, new)
        if wanted is None:
            with pytest.raises(ValueError, match=re.escape(refused)):
                broadcast_view(x, new)
            continue
        found = broadcast_view(x, new)
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_array_equal(found, wanted)
        assert np.may_share_memory(found, x) == np.may_share_memory(wanted, x)
        assert not found.flags.writeable


def numpy_says(x, shape):
    try:
        return np.broadcast_to(x, shape), ""
    except ValueError as problem:
        return None, str(problem)


def test_it_lives_as_long_as_its_view():
    view = broadcast_view(np.full(1000, 7.0), (3, 1000))
    np.testing.assert_array_equal(view + np.ones(1000), np.full((3, 1000), 8.0))
