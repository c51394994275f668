"""A fact about an op is a field of its declaration, not a collection beside it."""

import ast
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Collection, Mapping
from weakref import WeakKeyDictionary

import pytest

import tinygraph as tg

STAY = {
    "core.op": "the registry of ops itself",
    "core.operators": "what `+` and `@` of a node call: core does not import the ops",
    "core.foreign_calls": "what `numpy.add(node, 1)` means: names of NumPy's functions",
    "rewriting.facts": "algebra: which ops are sums, for the rewrites that need it",
    "backends.numpy.rules": "how NumPy runs some ops without a copy or in fewer calls",
    "backends.native.ir.rules": "how native code computes what is not elementwise",
    "backends.native.kernels": "each elementwise op as an expression of native code",
    "backends.jax.rules": "what each op is in JAX at one step",
    "backends.jax.over_time": "what ops that lead through time are in JAX",
    "backends.jax.barriers": "what XLA's algebra makes one op of",
    "testing": "the second meaning of each op, which may share nothing with the first",
}
"""Modules and packages that hold collections keyed by ops or their names, and why."""


LEFT_OUT = ("tinygraph.ops",)
if importlib.util.find_spec("jax") is None:
    LEFT_OUT = (*LEFT_OUT, "tinygraph.backends.jax.")
    STAY = {place: why for place, why in STAY.items() if "jax" not in place}


def modules():
    """Every module of the engine outside `tinygraph.ops` that can be imported."""
    for found in pkgutil.walk_packages(tg.__path__, "tinygraph."):
        if not found.name.startswith(LEFT_OUT):
            yield importlib.import_module(found.name)


def names_assigned(module):
    """The names that a module itself gives to values; what it imports is another's."""
    for node in ast.parse(inspect.getsource(module)).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def keyed_by_ops(value):
    """True for a collection of ops, or of three and more names of computing ops."""
    if not isinstance(value, Mapping | set | frozenset | tuple | list):
        return False
    if isinstance(value, WeakKeyDictionary):
        return False  # what was found out of a graph: it goes with the graph
    if any(isinstance(each, tg.Op) for each in value):
        return True
    named = {each for each in value if isinstance(each, str) and computes(each)}
    inner = value.values() if isinstance(value, Mapping) else value
    return len(named) >= 3 or any(
        keyed_by_ops(each) for each in inner if isinstance(each, Collection)
    )


def computes(name):
    return name in tg.REGISTRY and not tg.REGISTRY[name].leaf


def place_of(module):
    """The key in STAY that a module falls under, or its own name."""
    name = module.__name__.removeprefix("tinygraph.")
    return next((k for k in STAY if name == k or name.startswith(k + ".")), name)


def test_few_modules_hold_facts_about_ops():
    found = {
        f"{module.__name__}.{name}": place_of(module)
        for module in modules()
        for name in names_assigned(module)
        if keyed_by_ops(getattr(module, name, None))
    }
    astray = [name for name, place in found.items() if place not in STAY]
    assert not astray, "make it a field of `Op`, or say in STAY why it may stay"
    idle = STAY.keys() - set(found.values())
    assert not idle, "nothing is there any more: take it off STAY"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({tg.REGISTRY["add"]: 1}, True),
        ((tg.REGISTRY["add"],), True),
        ({"a": [tg.REGISTRY["add"]]}, True),
        ({"add", "tanh", "matmul"}, True),
        ({"add", "tanh", "other"}, False),
        ({"sequence", "parameter", "placeholder"}, False),
        ("add tanh matmul", False),
        ([1, 2.0, None], False),
    ],
)
def test_such_collections_are_found(value, expected):
    assert keyed_by_ops(value) is expected
