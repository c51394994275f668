"""One rewrite at a time: where it fires, what it leaves, what it is worth."""

from collections import Counter

import numpy as np

import tinygraph as tg
from tests.rewriting.cells import bits
from tinygraph.core.verification import cycles_of
from tinygraph.rewriting import REWRITES, optimise
from tinygraph.testing import assert_same_values, feeds_for
from tinygraph.testing.feeding import steps_by_axis


def others(name):
    """Every rewrite but one, to leave out."""
    return [each for each in REWRITES if each != name]


def fires(name, outputs, times=None, feeds=None, steps=3):
    """Let one rewrite run alone; return the graph it makes.

    The types of the outputs stay, it comes to an end and finds nothing more, the
    values are those of the interpreter and of all rewrites but this one, and equal
    to the last bit what runs without it where it says so.
    """
    graph = tg.Graph(outputs)
    done = optimise(graph, without=others(name), verify_each=True)
    assert set(done.fired) == {name}
    assert times is None or done.fired[name] == times
    for key, node in graph.outputs.items():
        assert done.graph.outputs[key].type == node.type
    assert not optimise(done.graph, without=others(name)).fired
    feeds = feeds_for(graph, steps) if feeds is None else feeds
    known = steps_by_axis(graph, steps)
    found = tg.compile(graph, without=others(name))(feeds, known)
    if REWRITES[name].exact:
        plain = tg.compile(graph, without=list(REWRITES))(feeds, known)
        for key in plain:
            np.testing.assert_array_equal(bits(found[key]), bits(plain[key]), key)
    wanted = tg.interpret(graph, feeds, known)
    assert_same_values(found, wanted, law=f"{name} alone = the interpreter")
    for without in ([name], []):
        result = tg.compile(graph, without=without)(feeds, known)
        assert_same_values(result, wanted, law=f"without {without} = the interpreter")
    return done.graph


def stays(name, outputs, feeds=None, steps=3):
    """Expect that a rewrite alone finds nothing; all together give right values."""
    assert not optimise(tg.Graph(outputs), without=others(name)).fired
    agrees(outputs, feeds, steps)


def agrees(outputs, feeds=None, steps=3):
    """Expect of all rewrites together the values of the interpreter."""
    graph = tg.Graph(outputs)
    feeds = feeds_for(graph, steps) if feeds is None else feeds
    known = steps_by_axis(graph, steps)
    wanted = tg.interpret(graph, feeds, known)
    found = tg.compile(graph)(feeds, known)
    assert_same_values(found, wanted, law="optimised = the interpreter")


def ops(graph):
    """Op → how many nodes apply it, in the whole graph."""
    return Counter(node.op.name for node in graph)


def looping(graph):
    """Op → how many members of cycles apply it."""
    cycles = cycles_of(graph.nodes)
    return Counter(node.op.name for members in cycles for node in members)


def loop_of(body, *shapes, dtype="float64", **options):
    """A recurrence: `body(*delays)` gives as many nodes as there are shapes."""
    delays = [
        tg.delay(f"d{i}", shape=shape, dtype=dtype, **options)
        for i, shape in enumerate(shapes)
    ]
    after = body(*delays)
    after = after if isinstance(after, list) else [after]
    for each, node in zip(delays, after, strict=True):
        each.close(node)
    return after


def weight(name, *shape, dtype="float64"):
    """A parameter of fixed numbers."""
    numbers = np.random.default_rng(len(name) + sum(shape))
    return tg.parameter(name, numbers.uniform(-1, 1, shape).astype(dtype))
