"""What is wished of random graphs, checked: what is impossible says what is not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.core.errors import ShapeError, TinygraphError
from tinygraph.core.nodes import REGISTRY, Node, Op
from tinygraph.core.types import Shape, as_shape
from tinygraph.testing.definition import RANDOM_OPS
from tinygraph.testing.op_samples import SAMPLES, pointwise

SHAPES: tuple[Shape, ...] = (
    *((), (3,), ("batch", 3), ("batch",), (2, 3), (2,)),
    *((2, 2, 3), ("batch", 3, 3), (3, 1, 2)),
)
STEPS = (1, 2, 3, 1, 2, 5, 8, 4, 7, 6)
INITS = (
    *("scalar", "constant", "placeholder", "parameter", "computed", "replicate"),
    *("node", "history", "history constant", "history parameter"),
)
LEAVES = ("parameter", "sequence", "placeholder")
FLOATS = ("float64", "float32")
DTYPES = (*FLOATS, "int64", "int32", "int16", "int8", "uint8", "bool")
TIMES = ("t", "s")

Step = Callable[[Node], Node]
Wish = Any
"""One of something, or several."""


@dataclass(frozen=True, repr=False)
class Wishes:
    """What random graphs may and shall hold; `wishes_for` checks it.

    Attributes:
        ops: names of those that a graph grows by; None for all.
        loops: op names, or functions of a node, that close loops; None for any.
        given: leaves that are in every graph.
        kinds: of the other leaves.
        dtype: of its floats; `dtypes` of leaves and delays.
    """

    smooth: bool
    causal: bool
    random: bool
    extremes: bool
    most_delays: int
    most_moves: int
    axes: int
    least_steps: int
    ops: tuple[str, ...] | None
    loops: tuple[str | Step, ...] | None
    given: tuple[Node, ...]
    kinds: tuple[str, ...]
    shapes: tuple[Shape, ...]
    steps: tuple[int, ...]
    inits: tuple[str, ...]
    dtype: str
    dtypes: tuple[str, ...]
    sizes: Mapping[str, int]

    def __repr__(self) -> str:
        return f"<wishes for {self.dtype}>"


def wishes_for(
    *,
    smooth: bool,
    causal: bool,
    random: bool,
    extremes: bool,
    most_delays: int,
    most_moves: int,
    dtype: Any,
    axes: int,
    least_steps: int,
    ops: Wish,
    loops: Wish,
    leaves: Wish,
    shapes: Wish,
    steps: Wish,
    inits: Wish,
    dtypes: Wish,
    sizes: Mapping[str, int] | None,
) -> Wishes:
    """Return the wishes, each checked.

    Raises:
        TinygraphError: one is unknown, or cannot be met beside the others.
    """
    names = _ops(ops, smooth, random)
    if names == ("at",) and least_steps == 1:
        raise _refused("ops", "at", "of one step it is `first`: give least_steps=2")
    ways = _loops(loops, smooth)
    given, kinds = _leaves(leaves)
    floats, every = _dtypes(dtype, dtypes)
    return Wishes(
        smooth=_flag("smooth", smooth),
        causal=_flag("causal", causal),
        random=_flag("random", random),
        extremes=_flag("extremes", extremes),
        most_delays=_count("most_delays", most_delays, 0),
        most_moves=_count("most_moves", most_moves, 0),
        axes=_axes(axes),
        least_steps=_count("least_steps", least_steps, 1),
        ops=names,
        loops=ways,
        given=given,
        kinds=kinds,
        shapes=_shapes(shapes),
        steps=_steps(steps, causal),
        inits=_known("inits", inits, INITS),
        dtype=floats,
        dtypes=every,
        sizes=_sizes(sizes, SHAPES if shapes is None else shapes),
    )


def several(wish: Wish) -> tuple[Any, ...]:
    """Return a wish as a tuple: of one, where one thing is given."""
    if isinstance(wish, Iterable) and not isinstance(wish, str | Node):
        return tuple(wish)
    return (wish,)


def _refused(argument: str, wrong: Any, possible: str) -> TinygraphError:
    return TinygraphError(
        f"{argument}={wrong!r} is nothing that random graphs can hold: {possible}"
    )


def _known(argument: str, wish: Wish, every: Sequence[str]) -> tuple[str, ...]:
    """Return names, each one of `every`; None means all."""
    if wish is None:
        return tuple(every)
    found = several(wish)
    wrong = next((name for name in found if name not in every), None)
    if wrong is not None or not found:
        raise _refused(argument, wish if wrong is None else wrong, _one_of(every))
    return found


def _one_of(every: Iterable[str]) -> str:
    return "give one or more of " + ", ".join(dict.fromkeys(every))


def _count(argument: str, number: Any, least: int) -> int:
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if not whole or number < least:
        raise _refused(argument, number, f"give an int from {least} on")
    return int(number)


def _flag(argument: str, flag: Any) -> bool:
    if not isinstance(flag, bool | np.bool_):
        raise _refused(argument, flag, "give True or False")
    return bool(flag)


def _axes(axes: Any) -> int:
    if isinstance(axes, bool) or axes not in (1, 2):
        raise _refused(
            "axes",
            axes,
            'give 1 for the time axis "t" alone, or 2 for an encoder over "s" too',
        )
    return int(axes)


def _op_name(wish: Any) -> str:
    """Return the name of an op that is given by name, as itself, or by its function."""
    name = wish.name if isinstance(wish, Op) else wish
    return str(getattr(name, "__name__", name))


def _ops(wish: Wish, smooth: bool, random: bool) -> tuple[str, ...] | None:
    if wish is None:
        return None
    possible = [name for name in SAMPLES if not smooth or is_smooth(name)]
    drawing = [name for name in possible if is_random(name)]
    if not random:
        possible = [name for name in possible if name not in drawing]
    names = tuple(map(_op_name, several(wish)))
    for name in names:
        if name in REGISTRY and REGISTRY[name].leaf:
            raise _refused("ops", name, "it is a leaf, which `leaves` is for")
        if name in SAMPLES and is_random(name) and not random:
            raise _refused("ops", name, "it draws numbers, which random=True is for")
        if name in SAMPLES and name not in possible:
            raise _refused("ops", name, f"it is not smooth. {_one_of(possible)}")
    return _known("ops", names, possible)


def is_smooth(op: str) -> bool:
    """Return True if an op has uses with derivatives everywhere."""
    return any(sample.smooth for sample in SAMPLES[op])


def is_random(op: str) -> bool:
    """Return True if an op draws numbers."""
    return op in RANDOM_OPS


def _loops(wish: Wish, smooth: bool) -> tuple[str | Step, ...] | None:
    """Return what closes loops: ops that keep shape and kind, functions of a node."""
    if wish is None:
        return None
    possible = [op for op in keeping() if not smooth or SAMPLES[op][0].smooth]
    found: list[str | Step] = []
    for way in several(wish):
        name = _op_name(way)
        if name in possible:
            found.append(name)
        elif callable(way) and name not in SAMPLES:
            found.append(way)
        else:
            of_a_node = "or a function of a node"
            raise _refused("loops", name, f"{_one_of(possible)}, {of_a_node}")
    if not found:
        raise _refused("loops", wish, f"{_one_of(possible)}, or a function of a node")
    return tuple(found)


def keeping() -> list[str]:
    """Return the names of the ops that make floats of floats, element by element."""
    return [
        op
        for op, uses in pointwise.USES.items()
        if op not in pointwise.GIVE_BOOLS
        and all(operand.is_float for operand in uses[0].operands)
        and not uses[0].attrs
    ]


def _leaves(wish: Wish) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Return the leaves that are given, and the kinds of others."""
    if wish is None:
        return (), LEAVES
    given = tuple(dict.fromkeys(w for w in several(wish) if isinstance(w, Node)))
    kinds = tuple(w for w in several(wish) if not isinstance(w, Node))
    for node in given:
        if not node.op.leaf:
            raise _refused("leaves", node, "it is computed: give the leaves it reads")
        if node.time not in (None, "t"):
            raise _refused("leaves", node, 'a sequence must be over "t"')
        if sum(node.label == other.label for other in given) > 1:
            raise _refused("leaves", node, "another one has its name")
    if not given or kinds:
        kinds = _known("leaves", kinds, LEAVES)
    return given, kinds


def _shapes(wish: Wish) -> tuple[Shape, ...]:
    if wish is None:
        return SHAPES
    found = []
    for shape in wish if isinstance(wish, Iterable) else [wish]:
        if not isinstance(shape, tuple | list):
            raise _refused("shapes", wish, "give shapes such as [(), ('batch', 3)]")
        try:
            found.append(as_shape(tuple(shape)))
        except ShapeError as problem:
            raise _refused("shapes", shape, str(problem)) from None
        if any(dim == 0 or dim in TIMES for dim in shape):
            raise _refused(
                "shapes", shape, f"no axis is empty, or named {' or '.join(TIMES)}"
            )
    if not found:
        raise _refused("shapes", wish, "give shapes such as [(), ('batch', 3)]")
    return tuple(found)


def _steps(wish: Wish, causal: bool) -> tuple[int, ...]:
    """Return the k's of delays; the simplest first."""
    if wish is None:
        return STEPS if causal else (*STEPS, *[-k for k in STEPS])
    found = several(wish)
    for k in found:
        whole = isinstance(k, int | np.integer) and not isinstance(k, bool)
        if not whole or k == 0:
            raise _refused("steps", k, "give ints, k > 0 for the past, k < 0 for ahead")
        if causal and k < 0:
            raise _refused("steps", k, "it looks ahead, and causal=True is asked")
    if not found:
        raise _refused("steps", wish, "give at least one k of a delay")
    return tuple(int(k) for k in found)


def _dtypes(dtype: Any, wish: Wish) -> tuple[str, tuple[str, ...]]:
    """Return the dtype of floats, and those of leaves and delays, it first."""
    given = None if dtype is None else _dtype_name(dtype)
    if given is not None and given not in FLOATS:
        raise _refused("dtype", given, f"its floats are {' or '.join(FLOATS)}")
    if wish is None:
        main = given or FLOATS[0]
        return main, tuple(dict.fromkeys([main, *DTYPES]))
    named = [_dtype_name(one) for one in several(wish)]
    every = _known("dtypes", named, DTYPES)
    floats = [name for name in every if name in FLOATS]
    if not floats or (given or floats[0]) not in floats:
        wanted = f"{given or ' or '.join(FLOATS)} must be among them: a loss is a float"
        raise _refused("dtypes", wish, wanted)
    main = given or floats[0]
    return main, tuple(dict.fromkeys([main, *every]))


def _dtype_name(wish: Any) -> str:
    try:
        return str(np.dtype(wish).name)
    except TypeError:
        return str(wish)


def _sizes(
    wish: Mapping[str, int] | None, shapes: Iterable[Sequence[int | str]]
) -> dict[str, int]:
    names = {dim: None for shape in shapes for dim in shape if isinstance(dim, str)}
    names["batch"] = None
    if wish is not None and not isinstance(wish, Mapping):
        raise _refused("sizes", wish, "give lengths by name: {'batch': 3}")
    for name, size in ({} if wish is None else wish).items():
        if name not in names:
            raise _refused("sizes", {name: size}, f"names are {', '.join(names)}")
        _count(f"sizes[{name!r}]", size, 1)
    return dict(wish or {})
