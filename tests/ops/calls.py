"""Calls of functions in all the ways that NumPy takes: what is no sample of one op.

Each is a function of a module and arrays, so that `tg` and NumPy are called alike.
"""

import numpy as np

NUMBERS = np.random.default_rng(20240229)


def normal(*shape):
    return NUMBERS.normal(size=shape)


def apart(*shape):
    """Numbers with gaps of at least 0.1, none near 0: away from every kink."""
    n = int(np.prod(shape, dtype=int))
    sides = np.where(np.arange(n) % 2, 1.0, -1.0)
    return NUMBERS.permutation(sides * (0.25 + 0.1 * np.arange(n))).reshape(shape)


TABLE = normal(4, 4)
WIDE = apart(2, 3, 2)
GRID = normal(3, 5)
WITH_ZEROS = np.array([[1.2, 0.0, -0.7, 0.0], [0.4, -1.5, 0.6, 0.3]])

CALLS = {
    **{
        f"{name} along {axis} {keep}": (
            lambda m, x, f=name, a=axis, k=keep: getattr(m, f)(x, axis=a, keepdims=k),
            array,
        )
        for names, array in ((("sum", "mean", "max", "min"), WIDE),)
        for name in names
        for axis, keep in (
            *((None, False), (0, True), (-1, False), ((0, 2), False), ((), True)),
            *((2, True), ((-1, 0), False)),
        )
    },
    **{
        f"{name} along {axis} {keep}": (
            lambda m, x, f=name, a=axis, k=keep: getattr(m, f)(x, axis=a, keepdims=k),
            WITH_ZEROS,
        )
        for name in ("prod", "var", "std")
        for axis, keep in ((None, False), (0, True), (-1, False), ((0, 1), False))
    },
    "var, ddof": (lambda m, x: m.var(x, 0, ddof=1), GRID),
    "std, ddof": (lambda m, x: m.std(x, 0, ddof=1), GRID),
    "var, correction": (lambda m, x: m.var(x, 0, correction=1), GRID),
    "ones_like": (lambda m, x: m.ones_like(x), GRID),
    **{
        f"{name} along {axis}": (
            lambda m, x, f=name, a=axis: getattr(m, f)(x, axis=a),
            apart(2, 3),
        )
        for name in ("cumsum", "argmax", "argmin", "flip")
        for axis in (0, -1, None)
    },
    "flip along two": (lambda m, x: m.flip(x, (-1, 0)), GRID),
    **{
        f"matmul of {a} and {b}": (
            lambda m, x, y: m.matmul(x, y),
            normal(*a),
            normal(*b),
        )
        for a, b in (
            *(((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,))),
            *(((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((4, 1, 2, 3), (5, 3, 1))),
        )
    },
    "transpose": (lambda m, x: m.transpose(x), WIDE),
    "transpose to": (lambda m, x: m.transpose(x, (1, 2, 0)), WIDE),
    **{
        f"reshape {old} to {new}": (lambda m, x, s=new: m.reshape(x, s), normal(*old))
        for old, new in (
            *(((2, 6), (2, 3, 2)), ((2, 3), (-1,)), ((), (1, 1)), ((4, 1, 3), (4, 3))),
        )
    },
    **{
        f"x[{key}]": (lambda m, x, k=key: x[k], GRID)
        for key in (
            *(np.s_[1], np.s_[..., -1], np.s_[:, 1:3], np.s_[::-1, ::2]),
            *(np.s_[1, None, -2::-1], np.s_[:, 4:2:-1], np.s_[:, 3:1]),
        )
    },
    **{
        f"{name} along {axis}": (
            lambda m, *xs, f=name, a=axis: getattr(m, f)(xs, axis=a),
            *[normal(2, 3) for _ in range(3)],
        )
        for name in ("concat", "stack")
        for axis in (0, -1, 1)
    },
    **{
        f"take {shape} along {axis}": (
            lambda m, x, i, a=axis: m.take(x, i, axis=a),
            TABLE,
            NUMBERS.integers(-4, 4, shape),
        )
        for axis, shape in ((0, (4,)), (0, (2, 3)), (-1, ()), (1, (2,)))
    },
    **{
        f"take_along_axis {axis}": (
            lambda m, x, i, a=axis: m.take_along_axis(x, i, axis=a),
            TABLE,
            NUMBERS.integers(-4, 4, (4, 4)),
        )
        for axis in (0, 1, -1)
    },
}
"""Name → a function of a module and arrays, and the arrays."""
