"""Packing and products: odd sizes, views, nothing written beside C."""

import ctypes
import itertools

import numpy as np
import pytest

from tinygraph.testing.tolerances import VALUES, tolerance

library = pytest.importorskip("tinygraph.backends.native.gemm.library")
shapes = pytest.importorskip("tinygraph.backends.native.gemm.tile_shape")

DTYPES = ("float32", "float64")
ROWS = (0, 1, 2, 3, 5, 6, 7, 13, 17)
DEPTHS = (0, 1, 2, 7, 33)
COLUMNS = (0, 1, 3, 16, 17, 33, 64, 65, 129)
CANARY = 77.0


def run(a, b, panels, c, add):
    """Pack and multiply by the code for this processor."""
    multiplied(library.load(a.itemsize), a, b, panels, c, add)


def multiplied(addresses, a, b, panels, c, add):
    """Pack and multiply by functions at addresses."""
    multiply, copy, *_ = map(ctypes.CFUNCTYPE(None), addresses.values())
    (rows, depth), columns = a.shape, c.shape[1]
    copy(*integers(*b.shape), *described(b), place(panels))
    multiply(
        *integers(rows, columns, depth),
        *(*described(a), place(panels), place(c)),
        *(*integers(c.strides[0] // c.itemsize), ctypes.c_bool(add)),
    )


def normal(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def check(a, b, dtype, add, function=run):
    """Multiply into the middle of a larger array, whose rest must stay."""
    rows, columns = a.shape[0], b.shape[1]
    around = np.full((rows + 2, columns + 5), CANARY, dtype)
    c = around[1:-1, 2 : 2 + columns]
    c[...] = start = normal(c.shape, dtype, 9)
    panels = shapes.empty_panels(*b.shape, dtype)
    panels[...] = np.nan
    function(a, b, panels, c, add)
    wanted = a.astype("float64") @ b.astype("float64") + add * start.astype("float64")
    limit = tolerance(VALUES, dtype)
    largest = np.abs(wanted).max(initial=1)
    np.testing.assert_allclose(
        c, wanted, rtol=limit.relative, atol=limit.absolute * largest
    )
    c[...] = CANARY
    assert (around == CANARY).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("add", [False, True])
def test_products_of_every_size(dtype, add):
    for rows, depth, columns in itertools.product(ROWS, DEPTHS, COLUMNS):
        a, b = normal((rows, depth), dtype, 1), normal((depth, columns), dtype, 2)
        check(a, b, dtype, add)


@pytest.mark.parametrize("dtype", DTYPES)
def test_more_than_one_block(dtype):
    """K beyond a block of steps, M beyond a block of rows."""
    depth, rows = shapes.DEPTH + 5, shapes.tile_shape(np.dtype(dtype).itemsize).block
    check(normal((rows + 7, 3), dtype), normal((3, 70), dtype), dtype, True)
    check(normal((4, depth), dtype), normal((depth, 70), dtype), dtype, False)
    check(normal((4, 2 * depth), dtype), normal((2 * depth, 2), dtype), dtype, True)
    across = np.asfortranarray(normal((4, depth), dtype))
    check(across, normal((depth, 3), dtype), dtype, True)


def views(matrix):
    """The same matrix, lying in memory in other ways."""
    rows, columns = matrix.shape
    yield np.asfortranarray(matrix)
    spread = np.zeros((2 * rows, 3 * columns), matrix.dtype)
    spread[::2, ::3] = matrix
    yield spread[::2, ::3]
    yield matrix[::-1, ::-1].copy()[::-1, ::-1]
    wide = np.zeros((rows, columns + 3), matrix.dtype)
    wide[:, 1:-2] = matrix
    yield wide[:, 1:-2]
    yield np.ascontiguousarray(np.broadcast_to(matrix, (2, rows, columns)))[1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_operands_may_be_views(dtype):
    for depth, columns in ((5, 3), (37, 131)):
        a, b = normal((7, depth), dtype, 1), normal((depth, columns), dtype, 2)
        for seen in views(a):
            check(seen, b, dtype, True)
        for seen in views(b):
            seen.flags.writeable = False
            check(a, seen, dtype, False)


X86 = {
    "x86-64": {},
    "x86-64-v3": {"avx": True, "avx2": True, "fma": True},
    "x86-64-v4": {"avx": True, "avx2": True, "fma": True, "avx512f": True},
}


@pytest.mark.parametrize("name", X86)
@pytest.mark.parametrize("dtype", DTYPES)
def test_other_processors(name, dtype):
    """Code for narrower vectors, run here, through the addresses alone."""
    here = shapes.this_processor().features
    if not all(here.get(feature) for feature in X86[name]):
        pytest.skip("not for this processor")
    if "sse2" not in here:
        pytest.skip("not x86")
    itemsize, other = np.dtype(dtype).itemsize, shapes.Processor(name, X86[name])
    width = shapes.tile_shape(itemsize, other).columns
    found = library.linked(library.object_code(itemsize, other), itemsize)

    def function(a, b, panels, c, add):
        columns = c.shape[1]
        room = np.full((-(-columns // width), len(b), width), np.nan, dtype)
        multiplied(found, a, b, room, c, add)

    for rows, depth, columns in ((1, 1, 1), (7, 19, 33), (13, 40, 129), (0, 2, 5)):
        a, b = normal((rows, depth), dtype, 1), normal((depth, columns), dtype, 2)
        check(a, b, dtype, True, function)
        check(np.asfortranarray(a), np.asfortranarray(b), dtype, False, function)


def integers(*numbers):
    return map(ctypes.c_int64, numbers)


def place(array):
    return ctypes.c_void_p(array.ctypes.data)


def described(matrix):
    return place(matrix), *integers(*(s // matrix.itemsize for s in matrix.strides))


def test_what_is_not_a_number_comes_through():
    a, b = np.ones((3, 4), "float32"), np.ones((4, 20), "float32")
    a[0, 1], b[2, 3], b[3, 19] = np.inf, np.nan, -np.inf
    c = np.zeros((3, 20), "float32")
    run(a, b, shapes.empty_panels(4, 20, "float32"), c, False)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(c, a @ b)


def test_the_same_rows_give_the_same_bits():
    a, b = normal((9, 100), "float32"), normal((100, 70), "float32")
    panels = shapes.empty_panels(100, 70, "float32")
    found = [np.zeros((9, 70), "float32") for _ in range(2)]
    for c in found:
        run(a, b, panels, c, False)
    np.testing.assert_array_equal(*found)
