"""Ops that the package does not know, each declared here and nowhere else.

One of each kind: elementwise with NumPy's ufunc, with a kernel of its own and with a
list of ufuncs; a view, and one only of what lies in one piece; a move of data; a
reduction; one that takes by index; one that draws.
"""

import numpy as np

import tinygraph as tg
from tinygraph.ops import index_range
from tinygraph.ops.elementwise import elementwise, ufunc_type

NAMES = (
    *("hypot", "softsign", "cube", "every_other", "with_gaps", "sum_of_squares"),
    *("pick", "toss", "flat"),
)


def declared():
    """Register the ops; return name → op."""
    ops = {}
    _elementwise(ops)
    _shaped(ops)
    _indexed(ops)
    _drawn(ops)
    return ops


def _elementwise(ops):
    ops["hypot"] = elementwise(
        "hypot",
        np.hypot,
        lambda y, v: v * y.inputs[0] / y,
        lambda y, v: v * y.inputs[1] / y,
        symbol="⊿",
        infix="<>",
    )

    def softsign(x):
        return x / (1 + np.abs(x))

    def slope(y):
        return (1 - tg.abs(y)) ** 2

    ops["softsign"] = tg.register(
        tg.Op(
            "softsign",
            infer=ufunc_type(np.tanh),
            impl=softsign,
            vjp=lambda y, ct: (ct * slope(y),),
            jvp=lambda y, tangents: tangents[0] * slope(y),
            promotes=True,
            symbol="∫",
        )
    )
    ops["cube"] = tg.register(
        tg.Op(
            "cube",
            infer=ufunc_type(np.square),
            impl=lambda x: x * x * x,
            vjp=lambda y, ct: (ct * 3 * tg.square(y.inputs[0]),),
            jvp=lambda y, tangents: tangents[0] * 3 * tg.square(y.inputs[0]),
            promotes=True,
            into=_cube_into,
            ufuncs=lambda y: [
                (np.square, (0, "out")),
                (np.multiply, ("out", 0, "out")),
            ],
            flops=lambda y: (2, *y.shape),
        )
    )


def _cube_into(x, out):
    np.multiply(np.square(x), x, out=out)


def _shaped(ops):
    def half(x):
        return tg.TensorType((*x.shape[:-1], x.shape[-1] // 2), x.dtype, x.time)

    def double(x):
        return tg.TensorType((*x.shape[:-1], x.shape[-1] * 2), x.dtype, x.time)

    def gaps(x):
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide

    def mixed_last(y):
        return ((*range(-y.ndim, -1), tg.MIXED),)

    ops["every_other"] = tg.register(
        tg.Op(
            "every_other",
            infer=half,
            impl=lambda x: x[..., ::2],
            vjp=lambda y, ct: (tg.apply(ops["with_gaps"], ct),),
            jvp=lambda y, tangents: tg.apply(ops["every_other"], tangents[0]),
            rows=mixed_last,
            view=True,
        )
    )
    ops["with_gaps"] = tg.register(
        tg.Op(
            "with_gaps",
            infer=double,
            impl=gaps,
            vjp=lambda y, ct: (tg.apply(ops["every_other"], ct),),
            jvp=lambda y, tangents: tg.apply(ops["with_gaps"], tangents[0]),
            rows=mixed_last,
            moves_data=True,
        )
    )
    ops["flat"] = tg.register(
        tg.Op(
            "flat",
            infer=lambda x: tg.TensorType(
                (*x.shape[:-2], x.shape[-2] * x.shape[-1]), x.dtype, x.time
            ),
            impl=lambda x: x.reshape(*x.shape[:-2], -1),
            vjp=lambda y, ct: (tg.reshape(ct, y.inputs[0].shape),),
            jvp=lambda y, tangents: tg.apply(ops["flat"], tangents[0]),
            rows=lambda y: ((*range(1 - y.ndim - 1, -1), tg.MIXED, tg.MIXED),),
            view=True,
            in_one_piece=True,
        )
    )
    ops["sum_of_squares"] = tg.register(
        tg.Op(
            "sum_of_squares",
            infer=lambda x: tg.TensorType(x.shape[:-1], x.dtype, x.time),
            impl=lambda x: np.sum(x * x, -1),
            vjp=lambda y, ct: (tg.expand_dims(ct, -1) * 2 * y.inputs[0],),
            jvp=lambda y, tangents: tg.sum(2 * y.inputs[0] * tangents[0], -1),
            rows=lambda y: ((*range(-y.ndim, 0), tg.REDUCED),),
            flops=lambda y: (2, *y.inputs[0].shape),
            symbol="Σ²",
        )
    )


def _indexed(ops):
    """Rows of a table, by index: the cotangent goes where `take` sends it."""

    def pick_type(table, indices):
        shape = (*indices.shape, table.shape[-1])
        return tg.TensorType(shape, table.dtype, indices.time)

    def vjp(y, ct):
        taken = tg.take(*y.inputs, axis=-2)
        return taken.op.vjp(taken, ct)

    def over_time(y, arrays, steps):
        table, indices = arrays
        if len(table) == 1:
            return index_range.take(table[0], indices, -2)
        each = np.broadcast_to(indices, (steps, *indices.shape[1:]))
        pairs = zip(table, each, strict=True)
        return np.stack([index_range.take(*pair, -2) for pair in pairs])

    ops["pick"] = tg.register(
        tg.Op(
            "pick",
            infer=pick_type,
            impl=lambda table, indices: index_range.take(table, indices, -2),
            vjp=vjp,
            jvp=lambda y, tangents: tg.apply(ops["pick"], tangents[0], y.inputs[1]),
            over_time=over_time,
            rows=lambda y: (
                (tg.MIXED, -1),
                tuple(range(-y.inputs[1].ndim - 1, -1)),
            ),
            constant_in=(1,),
            index_at=1,
            moves_data=True,
        )
    )


def _drawn(ops):
    def toss(x, step, seed, at=None):
        rng = np.random.default_rng([seed, int(step)])
        return np.where(rng.random(x.shape) < 0.5, x, 0).astype(x.dtype)

    def over_time(y, arrays, steps, step, seed):
        x = np.broadcast_to(arrays[0], (steps, *arrays[0].shape[1:]))
        return np.stack([toss(x[t], step + t, seed) for t in range(steps)])

    ops["toss"] = tg.register(
        tg.Op(
            "toss",
            infer=lambda x, at=None: x,
            impl=toss,
            over_time=over_time,
            contextual=True,
            constant_in=(0,),
        )
    )
