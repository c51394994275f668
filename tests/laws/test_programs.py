"""Graphs as programs: pasted and run, they give the same values."""

import contextlib
import io
import re
import warnings

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NonInteractiveExampleWarning
from hypothesis.vendor import pretty

import tinygraph as tg
from tinygraph import testing
from tinygraph.testing import (
    acyclic_graphs,
    as_code,
    assert_same_values,
    feeds_for,
    gradient_graph,
    recurrent_graphs,
)
from tinygraph.testing.op_samples import SAMPLES

by_axis = st.fixed_dictionaries({"t": st.integers(1, 4), "s": st.integers(1, 3)})


def built(code):
    """Run a program; return its variables and what it printed."""
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return names, printed.getvalue()


def check_program(graph, steps=3, start=0, seed=0):
    feeds = feeds_for(graph, steps, seed=seed)
    wanted = steps if isinstance(steps, dict) else dict.fromkeys(graph.times, steps)
    known = {time: wanted[time] for time in graph.times}
    names, _ = built(as_code(graph, feeds, seed, steps=known, start=start))
    again = names["graph"]
    assert [str(n.type) for n in again.outputs.values()] == [
        str(n.type) for n in graph.outputs.values()
    ]
    assert_same_values(
        tg.interpret(again, names["feeds"], known, start, seed),
        tg.interpret(graph, feeds, known, start, seed),
        kind="exact",
    )


@given(recurrent_graphs(random=True), by_axis, st.integers(0, 2))
def test_a_program_gives_the_same_values(graph, steps, start):
    check_program(graph, steps, start)


@given(acyclic_graphs(random=True))
def test_so_do_programs_of_acyclic_graphs(graph):
    check_program(graph)


@given(recurrent_graphs())
@settings(max_examples=25)
def test_so_do_programs_of_gradients(graph):
    check_program(gradient_graph(graph))


def test_each_op_is_written_as_itself():
    """Not as what its function makes of such operands: they can be simpler nodes."""
    for op, rows in SAMPLES.items():
        for sample in rows[:6]:
            node = sample.apply(*sample.leaves())
            again = built(as_code(tg.Graph({"y": node})))[0]["graph"].outputs["y"]
            assert again.op is node.op, (op, sample.id, again)


def test_names_that_are_no_names_of_python():
    odd = ["W", "2 words", 'a "quote"', "lambda", "n1", "tg", "é", "new\nline"]
    leaves = [tg.sequence(name) for name in odd]
    check_program(tg.Graph({"sum": tg.add_n(*leaves), "x y": leaves[0]}))


def test_numbers_come_back_bit_for_bit():
    values = np.array([0.1, np.inf, -np.inf, np.nan, 1e-45, -0.0], "float32")
    graph = tg.Graph({"y": tg.constant(values), "z": tg.parameter("p", values)})
    names, printed = built(as_code(graph, {}))
    found = tg.interpret(names["graph"])
    assert found["y"].tobytes() == found["z"].tobytes() == values.tobytes()
    assert "array" in printed


def test_a_broken_law_prints_a_program_that_shows_it():
    x = tg.sequence("x", (), "float64")
    graph = tg.Graph({"y": x * 2})
    with pytest.raises(tg.LawError) as caught:
        assert_same_values(
            {"y": np.ones(2)},
            {"y": np.zeros(2)},
            graph=graph,
            call=testing.Call({x: np.ones(2)}),
        )
    code = str(caught.value).split("As a program:\n\n")[1]
    assert re.search(r"'y': array\(\[2\., 2\.\]\)", built(code)[1])


def test_hypothesis_shows_a_program():
    graph = tg.Graph({"y": tg.tanh(tg.sequence("x"))})
    assert 'graph = tg.Graph({"y": n1})' in pretty.pretty(graph)
    unrolled = tg.unroll(graph, 2)
    assert pretty.pretty(unrolled) == repr(unrolled)


@given(recurrent_graphs())
@settings(max_examples=20)
def test_no_line_of_a_drawn_graph_is_hypothesis_s(graph):
    assert not any("hypothesis" in node.line[0] for node in graph if node.line)


def test_no_line_of_a_graph_that_is_found_or_an_example_is_hypothesis_s():
    """Both run code that Hypothesis makes at run time, in modules without a name."""
    few = settings(max_examples=10, database=None, derandomize=True)
    found = find(recurrent_graphs(), lambda graph: True, settings=few)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        shown = recurrent_graphs().example()
    for graph in (found, shown):
        assert {str(node.where).partition(":")[0] for node in graph} == {
            "test_programs.py"
        }


def test_an_unrolled_graph_has_none():
    unrolled = tg.unroll(tg.Graph({"y": tg.tanh(tg.sequence("x"))}), 2)
    with pytest.raises(tg.TinygraphError, match="give the folded graph"):
        as_code(unrolled)


def test_an_op_that_is_not_registered_has_none():
    twice = tg.Op("twice", infer=lambda x: x, impl=lambda x: x + x)
    with pytest.raises(tg.TinygraphError, match="its op is not registered"):
        as_code(tg.Graph(tg.apply(twice, tg.sequence("x"))))
