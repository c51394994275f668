"""The driver: names, an end, the type kept, one fixpoint, and what it refuses."""

import pytest

import tinygraph as tg
from tests.rewriting.kit import loop_of, weight
from tinygraph.rewriting import REWRITES, Rewrite, optimise
from tinygraph.testing import gradient_graph
from tinygraph_rnn import LanguageModel


def model(cell="lstm", layers=1):
    import numpy as np

    made = LanguageModel(
        7,
        cell=cell,
        hidden_size=4,
        num_layers=layers,
        rng=np.random.default_rng(0),
    )
    return gradient_graph(made.loss_graph())


def structure(graph):
    """What is computed, node by node, without objects."""
    number = {node: i for i, node in enumerate(graph)}
    return [
        (node.op.name, node.type, [number[x] for x in node.inputs], node.label)
        for node in graph
    ]


@pytest.fixture
def rule(monkeypatch):
    """Enter one more rule for one test."""

    def enter(find, exact=True):
        monkeypatch.setitem(REWRITES, "new rule", Rewrite("new rule", find, exact))

    return enter


def test_every_rewrite_says_its_algebra():
    for name, each in REWRITES.items():
        assert each.name == name
        assert "→" in each.find.__doc__, name
        assert isinstance(each.exact, bool)


def test_unknown_names_are_refused():
    graph = tg.Graph(tg.sequence("x", ()) * 2)
    with pytest.raises(tg.TinygraphError, match=r"no rewrite is named 'fusing'.*share"):
        optimise(graph, without=["share", "fusing"])
    with pytest.raises(tg.TinygraphError, match="no rewrite is named 'fusing'"):
        tg.compile(graph, without=["fusing"])


def test_unknown_names_are_refused_for_graphs_without_time_too():
    with pytest.raises(tg.TinygraphError, match="no rewrite is named 'fusing'"):
        optimise(tg.Graph(tg.constant(2.0) * 3), without=["fusing"])


def test_a_rule_that_never_ends_raises(rule):
    rule(lambda facts: {n: tg.tanh(n) for n in facts.nodes if n.op.name == "tanh"})
    graph = tg.Graph(tg.tanh(tg.sequence("x", ())))
    with pytest.raises(tg.TinygraphError, match="do not come to an end.*new rule"):
        optimise(graph)


def test_a_rule_that_changes_the_type_raises(rule):
    rule(lambda facts: {n: tg.sum(n) for n in facts.nodes if n.op.name == "tanh"})
    graph = tg.Graph(tg.tanh(tg.sequence("x", (3,)), name="act"))
    with pytest.raises(tg.TinygraphError, match=r"'new rule' changes the type of act"):
        optimise(graph)


def test_a_rule_that_makes_an_illegal_graph_raises(rule):
    """Time is part of the type; a cycle without delay is found when it is verified."""

    def find(facts):
        acts = [n for n in facts.nodes if n.label == "act"]
        return {n.inputs[0]: tg.sin(n) for n in acts if n.inputs[0].op.name != "sin"}

    rule(find)
    (h,) = loop_of(lambda d: tg.tanh(d * 0.5, name="act"), ())
    with pytest.raises(tg.TinygraphError):
        optimise(tg.Graph(h), verify_each=True)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_optimised_twice_is_optimised_once(cell, layers):
    once = optimise(model(cell, layers), verify_each=True)
    assert once.fired
    twice = optimise(once.graph)
    assert twice.fired == {}
    assert structure(twice.graph) == structure(once.graph)


def test_the_same_graph_gives_the_same_result():
    first, second = optimise(model()), optimise(model())
    assert first.fired == second.fired
    assert structure(first.graph) == structure(second.graph)


def test_a_graph_without_time_is_rewritten_too():
    graph = tg.Graph(tg.constant(2.0) * 3)
    assert optimise(graph).fired == {"fold constants": 1}


def test_the_graph_given_stays_as_it_is():
    graph = model()
    before = structure(graph)
    tg.compile(graph)
    assert structure(graph) == before


def test_fired_counts_are_reported_and_left_out_names_do_not_fire():
    graph = model()
    assert tg.compile(graph).fired["pack gates"] == 4
    without = tg.compile(graph, without=["pack gates", "share"])
    assert not {"pack gates", "share"} & set(without.fired)


def test_outputs_keep_their_names_and_order():
    x, w = tg.sequence("x", (2, 2), "float64"), weight("w", 2, 2)
    outputs = {"b": tg.identity(x), "a": x @ w, "again": x @ w, "x": x}
    assert list(optimise(tg.Graph(outputs)).graph.outputs) == list(outputs)
