"""Facts go on from graph to graph: what a rewrite leaves alone is not made anew."""

from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.rewriting.cells import cell_graphs
from tests.rewriting.kit import loop_of
from tinygraph.core.traversal import reach, topological_order
from tinygraph.rewriting import PASSES
from tinygraph.rewriting.facts import Facts, needs
from tinygraph.testing import gradient_graph, recurrent_graphs

graphs = st.one_of(recurrent_graphs(random=True), cell_graphs().map(gradient_graph))
ADD, TANH = tg.REGISTRY["add"], tg.REGISTRY["tanh"]


@given(graphs)
def test_what_reads_nothing_new_stays_and_the_order_is_that_of_the_graph(graph):
    """And without the ops that a rewrite needs it finds nothing."""
    facts = Facts(graph.outputs)
    for each in PASSES:
        found = each.find(facts)
        if not found:
            assert not getattr(each.find, "__wrapped__", each.find)(facts), each.name
            continue
        touched = reach(found, facts.users.__getitem__)
        facts = facts.after(found)
        assert facts.nodes == topological_order(facts.outputs.values())
        assert not [node for node in facts.nodes if node in touched], each.name


def test_needs_are_each_of_some_ops_and_one_of_several():
    def find(facts):
        return {facts.nodes[-1]: facts.nodes[0]}

    x = tg.sequence("x", ())
    for ops, wanted in [
        ((ADD,), True),
        ((TANH,), False),
        ((ADD, TANH), False),
        (((TANH, ADD),), True),
        ((), True),
    ]:
        assert bool(needs(*ops)(find)(Facts({"y": x + 1}))) is wanted


def test_a_node_computed_from_itself_keeps_its_old_form_there():
    """{y: f(y)} is no rewrite that ends, but what it makes is a graph."""
    (h,) = loop_of(lambda d: tg.tanh(d * 0.5, name="act"), ())
    facts = Facts({"h": h})
    after = facts.after({h: tg.sin(h)})
    assert after.nodes == topological_order(after.outputs.values())
    assert {*after.users} == {*after.nodes}
