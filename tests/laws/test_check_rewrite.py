"""check_rewrite: what a rewrite does not keep is named."""

import pytest

import tinygraph as tg
from tests.laws.faults import refused
from tinygraph.rewriting import REWRITES, Rewrite
from tinygraph.testing import check_rewrite


def leaf(*shape):
    return tg.placeholder("x", shape or (3,), "float64")


def summed(x):
    return tg.sum(x, axis=-1)


REWRITE_FAULTS = {
    "a rewrite that forgets NaN": (lambda x: x * 0, tg.zeros_like, "infinite|NaN"),
    "one that overflows": (lambda x: tg.log(tg.exp(x)), tg.identity, "large|huge"),
    "one that saturates": (lambda x: tg.sqrt(x * x), tg.abs, "huge|tiny"),
    "one that loses ties": (
        lambda x: tg.cast(tg.greater(x, 1), "float64"),
        lambda x: tg.cast(tg.greater_equal(x, 1), "float64"),
        "ones values",
    ),
    "one that is wrong": (lambda x: x + x, lambda x: 3 * x, "ordinary values"),
    "one of another type": (summed, lambda x: tg.sum(x), "keeps types"),
    "one of another dtype": (
        lambda x: x,
        lambda x: tg.cast(x, "float32"),
        "'y' is float32",
    ),
}


@pytest.mark.parametrize("fault", REWRITE_FAULTS)
def test_faults_of_a_rewrite_are_named(fault):
    before, after, law = REWRITE_FAULTS[fault]
    x = leaf(2, 3)
    refused(law, check_rewrite, {"y": before(x)}, {"y": after(x)})


def test_signs_of_zeros_count_where_a_rewrite_is_exact():
    x = leaf()
    check_rewrite({"y": x + 0.0}, {"y": tg.identity(x)})
    law = "keeps zeros values, signs of zeros too"
    refused(law, check_rewrite, {"y": x + 0.0}, {"y": tg.identity(x)}, exact=True)


def test_other_outputs_are_refused():
    x = leaf()
    refused("they are z, wanted y", check_rewrite, {"y": x}, {"z": x})


def doubling(facts):
    """x * 1 → (x * 1) * 1, for ever."""
    found = [node for node in facts.outputs.values() if node.op.name == "multiply"]
    return {node: node * 1.0 for node in found}


def test_rewrites_that_do_not_end_are_refused():
    x = tg.sequence("x", (3,), "float64")
    endless = Rewrite("double", doubling, exact=True)
    refused(
        "'double': the rewrites do not come", check_rewrite, {"y": x * 1.0}, endless
    )
    grow = {"y": x * 1.0}
    law = "does not come to an end: after 60 rounds"
    refused(law, check_rewrite, grow, lambda graph: {"y": graph["y"] * 1.0})


@pytest.mark.parametrize("name", ["drop identities", "add zero", "multiply by one"])
def test_a_registered_rewrite_is_checked_as_it_says(name):
    x = tg.sequence("x", (3,), "float64")
    before = {"y": tg.identity(x) * 1.0 + 0.0}
    after = check_rewrite(before, REWRITES[name])
    assert len(after) < len(tg.Graph(before))


def test_a_function_of_a_graph_is_applied_until_nothing_changes():
    x = leaf()

    def peel(graph):
        y = graph.outputs["y"]
        return {"y": y.inputs[0] if y.op.name == "identity" else y}

    nested = tg.identity(tg.identity(x))
    assert len(check_rewrite({"y": nested}, peel)) == 1
