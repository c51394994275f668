"""The list of passes: all rules, once each, in the order that is written there."""

import copy
import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import others
from tests.test_layering import in_new_python
from tinygraph import rewriting
from tinygraph.rewriting import PASSES, REWRITES, SAVE_CALLS
from tinygraph.rewriting.facts import Facts
from tinygraph.testing import assert_same_values

MODULES = [
    f"tinygraph.rewriting.{m.name}" for m in pkgutil.iter_modules(rewriting.__path__)
]


def rules_of(module):
    """The public functions of a module that take the facts of a graph alone."""
    for name, thing in vars(module).items():
        if inspect.isfunction(thing) and thing.__module__ == module.__name__:
            takes = list(inspect.signature(thing).parameters.values())
            if not name.startswith("_") and [p.annotation for p in takes] == [Facts]:
                yield thing


def test_every_rule_is_listed_exactly_once():
    listed = [each.find for each in PASSES]
    assert len(set(listed)) == len(set(REWRITES)) == len(PASSES)
    rules = [
        rule for name in MODULES for rule in rules_of(importlib.import_module(name))
    ]
    assert {*rules} == {*listed}


def test_the_order_is_the_one_of_the_list():
    assert list(REWRITES) == [each.name for each in PASSES]
    assert list(REWRITES.values()) == list(PASSES)


REPORT = """
import tinygraph as tg
from tests.golden.models import MODELS
from tinygraph.testing import gradient_graph
graph = gradient_graph(MODELS["lstm"]())
from tinygraph.rewriting import PASSES, optimise
print([each.name for each in PASSES])
print(*(node.describe() for node in optimise(graph).graph), sep=chr(10))
print(optimise(graph).fired)
"""


def test_the_order_of_imports_changes_nothing():
    """Rule modules are loaded in reversed order before the list is."""
    code = f"import importlib, sys\nfor name in {MODULES[::-1]}:\n"
    code += "    importlib.import_module(name)\n"
    found, wanted = in_new_python(code + REPORT), in_new_python(REPORT)
    assert found == wanted
    assert "pack gates" in wanted


def test_native_code_leaves_out_what_saves_calls():
    assert SAVE_CALLS == ("fold the bias", "pack gates")


BIG, SMALL = 1e200, 1e-200


def cycle_of(body):
    """A recurrence over numbers fed as sequences, and its value with huge factors."""
    d = tg.delay("d", init=SMALL, shape=(), dtype="float64")
    f, g = tg.sequence("f", (), "float64"), tg.sequence("g", (), "float64")
    after = body(d, f, g)
    d.close(after * 0 + SMALL)
    return tg.Graph({"y": after})


def sloped(d, f, g):
    """One, of factors each of which is far from it."""
    z = tg.log(f)
    return (f * tg.exp(-z)) * (g * (tg.sigmoid(z) * SMALL))


def half_sloped(d, f, g):
    """Zero, of a slope that is so and factors that are large."""
    z = tg.log(f)
    return (f * (1 - tg.square(tg.tanh(z * 0.5)))) * (g * tg.sigmoid(z))


BOUNDED = {
    "regroup products": lambda d, f, g: (d * f) * g,
    "factor sums": lambda d, f, g: d * f + (d * f) * g,
    "logistic slope": sloped,
    "half-angle slope": half_sloped,
}


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("name", BOUNDED)
def test_what_needs_bounds_asks_for_them(name, backend):
    """With factors beyond the root of the largest float an infinity would appear."""
    graph = cycle_of(BOUNDED[name])
    feeds = {key: np.full(1, BIG) for key in "fg"}
    wanted = tg.interpret(graph, feeds)
    assert np.isfinite(wanted["y"]).all()
    found = tg.compile(graph, backend, without=others(name))(feeds)
    assert_same_values(found, wanted)
    with np.errstate(over="ignore", invalid="ignore"):
        fast = tg.compile(graph, backend, without=others(name), fast=True)(feeds)
    assert not np.isfinite(fast["y"]).any()
    assert {each.name for each in PASSES if each.bounded} == set(BOUNDED)


@pytest.mark.parametrize("each", PASSES, ids=lambda each: each.name)
def test_docstrings_say_which_of_three_a_rewrite_is(each):
    said = re.findall(r"^ *(Exact|Rounding|Needs bounds)\b", each.find.__doc__, re.M)
    bounded = "Needs bounds" if each.bounded else "Rounding"
    assert said == ["Exact" if each.exact else bounded]
    assert not (each.exact and each.bounded)


def test_fast_stays_with_a_function_that_is_copied():
    graph = cycle_of(BOUNDED["regroup products"])
    run = tg.compile(graph, "numpy", fast=True)
    assert copy.deepcopy(run).fired == run.fired
    assert copy.deepcopy(run).fast
    assert "regroup products" in tg.explain(graph, fast=True)
    assert "regroup products" not in tg.explain(graph)
