"""The laws that are tried on random graphs, each on its share of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import tinygraph as tg
from tests.fuzz.cases import Case
from tinygraph.backends.registry import find
from tinygraph.checkpointing.policy import CHECKPOINT
from tinygraph.checkpointing.sweeps import obstacle
from tinygraph.core.errors import InapplicableLawError
from tinygraph.testing import (
    Call,
    as_code,
    assert_same_values,
    check_backend,
    check_batch_permutation,
    check_chunking,
    check_gradient_unrolling,
    check_gradients,
    check_pickling,
    check_reverse_time,
    check_unrolling,
    evaluate_plainly,
    extreme_feeds,
    gradient_graph,
)


@dataclass(frozen=True)
class Law:
    """A law of cases.

    Attributes:
        every: it is tried on one case in so many.
        backend: which one it is about.
    """

    name: str
    every: int
    backend: str
    check: Callable[[Case], None]


LAWS: dict[str, Law] = {}


def law(every: int, backend: str = "interpret"):
    """Put a function of a case among the laws, under its name."""

    def put(check):
        name = check.__name__.replace("_backend", "").replace("_", " ")
        LAWS[name] = Law(name, every, backend, check)
        return check

    return put


def same(case: Case, got, wanted, text, call=None, values="values"):
    if len(case.floats) > 1:
        got, wanted = _narrow(got), _narrow(wanted)
    assert_same_values(
        got,
        wanted,
        kind=values,
        law=text,
        graph=case.graph,
        call=call or case.call,
    )


def _narrow(results):
    """Return float64 as float32, by whose tolerance it is compared then."""
    with np.errstate(over="ignore"):
        return {
            name: value.astype(np.float32) if value.dtype == np.float64 else value
            for name, value in results.items()
        }


@law(1)
def definition(case):
    plain = evaluate_plainly(case.graph, *case.call)
    same(case, case.values, plain, "the interpreter = the definition")


@law(1, "numpy")
def numpy_backend(case):
    got = tg.compile(case.graph, "numpy")(*case.call)
    same(case, got, case.values, "NumPy = the interpreter")


@law(10, "numpy")
def numpy_called_again(case):
    graph, *call = arguments(case)
    check_backend(graph, "numpy", *call, **numbers(case))


@law(20, "numpy")
def numpy_at_extreme_values(case):
    """But products of matrices at huge values: see `_no_order`.

    Where there are infinities, without "factor sums": inf - inf is NaN, and inf times
    the sum of the factors is not, which is not promised (docs/decisions/finite.md).
    """
    run = tg.compile(case.graph, "numpy")
    parted = tg.compile(case.graph, "numpy", without=["factor sums"])
    every = extreme_feeds(case.graph, case.known, seed=case.seed, sizes=case.sizes)
    if _no_order(case.graph):
        del every["huge"]
    for name, feeds in every.items():
        lower = {leaf: _summable(array) for leaf, array in feeds.items()}
        call = Call(lower, *case.call[1:])
        wanted = tg.interpret(case.graph, *call)
        got = (parted if name in ("huge", "infinite") else run)(*call)
        same(case, got, wanted, f"NumPy at {name} = the interpreter", call)


def _summable(array):
    """Return huge numbers made so much smaller that a million add up, in any order."""
    if array.dtype.kind != "f":
        return array
    return np.where(np.abs(array) > 1e30, array * 1e-6, array).astype(array.dtype)


@law(20, "numpy")
def numpy_gradients(case):
    graph = gradient_graph(case.graph)
    wanted = tg.interpret(graph, *case.call)
    got = tg.compile(graph, "numpy")(*case.call)
    same(case, got, wanted, "NumPy's gradients = the interpreter's", None, "gradients")


@law(20)
def definition_of_gradients(case):
    graph = gradient_graph(case.graph)
    plain = evaluate_plainly(graph, *case.call)
    got = tg.interpret(graph, *case.call)
    text = "gradients by the interpreter = by the definition"
    same(case, got, plain, text, None, "gradients")


@law(10)
def unrolling(case):
    check_unrolling(*arguments(case), **numbers(case))


@law(50)
def unrolled_gradients(case):
    check_gradient_unrolling(*arguments(case), **numbers(case))


@law(20)
def differences(case):
    if not case.smooth:
        raise InapplicableLawError("it has kinks")
    check_gradients(*arguments(case), **numbers(case))


@law(20, "numpy")
def memory(case):
    graph = gradient_graph(case.graph)
    why = obstacle(graph)
    if why is not None:
        raise InapplicableLawError(why)
    assert find("numpy").windows
    got = tg.compile(graph, "numpy", memory=CHECKPOINT)(*case.call)
    wanted = tg.interpret(graph, *case.call)
    same(case, got, wanted, "NumPy by windows = the interpreter", None, "gradients")


@law(20, "numpy")
def chunks(case):
    graph, steps = case.even, case.steps["t"]
    if not case.causal or graph.times != ["t"] or graph.fixed_steps:
        raise InapplicableLawError("time cannot be cut")
    least = max((found[0] for found in graph.least_steps.values()), default=1)
    if least > 1:
        raise InapplicableLawError("chunks would be too short")
    sizes = [1] * steps if case.seed else [steps - steps // 2, steps // 2]
    check_chunking(
        graph,
        steps,
        case.even_feeds,
        chunks=[size for size in sizes if size],
        backend="numpy",
        **numbers(case),
    )


@law(50)
def reversed_time(case):
    check_reverse_time(*arguments(case), seed=case.seed)


@law(50)
def permuted_rows(case):
    graph, *call = arguments(case)
    check_batch_permutation(graph, "batch", *call, **numbers(case))


@law(100)
def pickling(case):
    check_pickling(case.graph, case.known, **numbers(case))


@law(50)
def programs(case):
    """A graph as code is the graph."""
    space: dict[str, object] = {}
    exec(as_code(case.graph), space)
    again = tg.interpret(space["graph"], *case.call)
    same(case, again, case.values, "as_code(graph) is the graph", None, "exact")


@law(50, "native")
def native_law(case):
    """Machine code keeps law 5."""
    graph, *call = arguments(case)
    check_backend(graph, "native", *call, **numbers(case))


@law(100, "native")
def native_gradients(case):
    graph = gradient_graph(case.graph)
    got = tg.compile(graph, "native")(*case.call)
    wanted = tg.interpret(graph, *case.call)
    same(case, got, wanted, "native gradients = the interpreter's", None, "gradients")


@law(5000, "native")
def native(case):
    got = tg.compile(case.graph, "native")(*case.call)
    same(case, got, case.values, "native code = the interpreter")


if find("jax").missing() is None:

    @law(500, "jax")
    def jax(case):
        """A compilation takes about a second."""
        graph, *call = arguments(case)
        check_backend(gradient_graph(graph), "jax", *call, **numbers(case))


def _no_order(graph):
    """Return True for graphs with sums of products, which BLAS adds up in its own way.

    Where products overflow to both signs the sum is NaN, or an infinity if a product
    is added without being rounded first (FMA): the kernel for that size decides.
    """
    return any(node.op.name == "matmul" for node in graph)


def arguments(case):
    """Return the graph, T and feeds, for laws that choose their own tolerances."""
    return case.even, case.known, case.even_feeds


def numbers(case):
    return {"start": case.start, "seed": case.seed}
