"""Samples of the ops that lead into time, out of it or along it, and of random ones."""

from typing import Any

from tinygraph.core.delays import REPLICATE, delay
from tinygraph.core.nodes import Node
from tinygraph.ops import random as rn
from tinygraph.ops import time as tm
from tinygraph.testing.op_samples.model import Operand, Uses

X = Operand
USES = use = Uses()
STEPS = (1, -1, 3, -4, 2, -2, -3, 4, 5, -5, 6, -6, 7, -7, 8, -8)
"""The k's of delays: the first four for values of every shape."""


def per_step(shape: Any, kind: str = "floats", dtype: str = "float64") -> Operand:
    """Return the operand as a sequence."""
    return Operand(shape, kind, dtype, per_step=True)


def _delayed(x: Node, *slots: Node, name: str, steps: int, kind: str) -> Node:
    if kind == "zero":
        return delay(source=x, steps=steps)
    if kind == "replicate":
        return delay(source=x, steps=steps, init=REPLICATE)
    if kind == "init":
        return delay(source=x, steps=steps, init=slots[0])
    return delay(source=x, steps=steps, history=slots[0])


def _unstacked(x: Node, name: str) -> Node:
    return tm.unstack(tm.stack(x))


def _shared(x: Node, name: str, dim: str) -> Node:
    return x / tm.extent(dim)


def _gaussian(name: str, **attrs: Any) -> Node:
    return rn.normal(name=name, **attrs)


def _uniform(name: str, **attrs: Any) -> Node:
    return rn.uniform(name=name, **attrs)


def _coins(p: Node, name: str, **attrs: Any) -> Node:
    return rn.bernoulli(p / 2, name=name, **attrs)


def _classes(logits: Node, name: str) -> Node:
    return rn.categorical(logits, name=name)


for shape in ((3,), (), ("batch", 3), (2, 1, 3), (2, 1, 3, 2)):
    x = per_step(shape)
    for op in ("first", "last", "stack_time"):
        use(op, x, bounded=True)
    use("sum_over_time", x)
    use("max_over_time", per_step(shape, "apart"), smooth=False, bounded=True)
    use("max_over_time", per_step(shape, "ties"), smooth=False, bounded=True)
    use("unstack", x, build=_unstacked, bounded=True)
    use("every_step", X(shape), time="t", bounded=True)
    for t in (0, -1, 2, -3):
        use("at", x, t=t, bounded=True)
    for op in ("first_steps", "last_steps"):
        for k in (1, 3, 6):
            use(op, x, steps=k, bounded=True)
    for k in STEPS if shape == (3,) else STEPS[:4]:
        slots: dict[str, tuple[Operand, ...]] = {
            "zero": (),
            "init": (X(shape),),
            "replicate": (),
            "history": (X((abs(k), *shape)),),
        }
        for kind, given in slots.items():
            about = {"kind": kind, "build": _delayed, "bounded": True}
            use("delay", x, *given, steps=k, **about)
for dtype in ("int8", "int64"):
    ints = per_step((2,), "ints", dtype)
    use("delay", ints, steps=2, kind="zero", build=_delayed)
    for op in ("first", "last", "sum_over_time", "max_over_time", "stack_time"):
        use(op, ints)
    use("at", ints, t=-1)
use("delay", per_step((2,), "bools", "bool"), steps=-1, kind="zero", build=_delayed)
for op in ("max_over_time", "sum_over_time"):
    use(op, per_step((9,), "extremes"), smooth=False)
use("step_index", time="t")
use("extent", per_step((2,)), dim="t", build=_shared, bounded=True)

for time in ("t", None):
    for shape in ((3,), (), (3, 1, 2)):
        for dtype in ("float64", "float32"):
            about = {"shape": shape, "dtype": dtype, "time": time}
            use("uniform", **about, build=_uniform, bounded=True)
            use("normal", **about, build=_gaussian)
        use("bernoulli", X(shape, "positive"), time=time, smooth=False, build=_coins)
for shape in ((3,), ("batch", 3), (2, 1, 3)):
    use("categorical", X(shape), smooth=False, build=_classes)
    use("categorical", per_step(shape), smooth=False, build=_classes)
