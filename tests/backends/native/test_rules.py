"""The table of what native code knows of ops agrees with their declarations."""

import pytest

import tinygraph as tg
from tinygraph.backends.native.ir.rules import RULES
from tinygraph.backends.native.kernels.expressions import EXPRESSIONS

rules = pytest.mark.parametrize("op", RULES, ids=lambda op: op.name)


@rules
def test_a_rule_says_one_way_to_run_an_op(op):
    rule = RULES[op]
    ways = [rule.statements, rule.view, rule.decomposed]
    assert sum(way is not None for way in ways) == 1


@rules
def test_what_is_read_as_a_view_is_declared_one(op):
    assert RULES[op].view is None or op.view


def test_texts_are_for_ops_of_the_registry():
    assert EXPRESSIONS.keys() <= tg.REGISTRY.keys()
