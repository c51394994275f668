"""Well-posedness: which recurrences mean something for every T, and how fast it is."""

import itertools
import random
import time

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, refused, value
from tinygraph.core import verification
from tinygraph.core.traversal import strongly_connected
from tinygraph.core.verification import total_delay, witness

XS = np.array([0.5, -0.2, 0.8, 0.1, -0.6])


def ring(*steps, init=0.0):
    """One cycle of tanh with a delay of each number of steps in a row."""
    x = tg.sequence("x", (), F64)
    delays = [
        tg.delay(f"d{i}", steps=k, shape=(), dtype=F64, init=init)
        for i, k in enumerate(steps)
    ]
    y = tg.tanh(x + delays[-1] * 0.5, name="y")
    for before, after in itertools.pairwise([y, *delays]):
        after.close(before)
    return y


LEGAL = [(1,), (3,), (-1,), (-2,), (1, 1), (3, -1), (-1, 3), (-3, 2), (2, -1, -2, 3)]


@pytest.mark.parametrize("steps", LEGAL)
def test_a_cycle_is_legal_if_its_total_delay_is_not_zero(steps):
    y = ring(*steps)
    total = sum(steps)
    found = value(y, {"x": XS})
    row = [0.0] * len(XS)
    for t in range(len(XS)) if total > 0 else reversed(range(len(XS))):
        at = t
        for k in reversed(steps):
            at = at - k if at is not None and 0 <= at - k < len(XS) else None
        row[t] = np.tanh(XS[t] + 0.5 * (0.0 if at is None else row[at]))
    close(found, row)


@pytest.mark.parametrize("steps", [(1, -1), (2, -1, -1), (-3, 3), (1, 1, -2)])
def test_a_cycle_of_total_zero_is_refused(steps):
    found = refused(
        tg.DelayFreeCycleError, "add up to zero", lambda: tg.Graph(ring(*steps))
    )
    assert [total_delay(cycle) for cycle in found.cycles] == [0]


def coupled(first, second, tie=0):
    """Two cycles with these delays that share the node y."""
    a = tg.delay("a", steps=first, shape=(), dtype=F64)
    b = tg.delay("b", steps=second, shape=(), dtype=F64)
    y = tg.tanh(a + b + tg.sequence("x", (), F64), name="y")
    a.close(y)
    b.close(y * 0.5)
    return tg.Graph(y)


@pytest.mark.parametrize(("first", "second"), [(1, -1), (2, -1), (-3, 5)])
def test_past_and_future_cycles_of_one_component_are_refused(first, second):
    pattern = "two cycles of one component have total delays of|add up to zero"
    found = refused(tg.DelayFreeCycleError, pattern, coupled, first, second)
    assert {np.sign(total_delay(cycle)) for cycle in found.cycles} in ({-1, 1}, {0})


@pytest.mark.parametrize(("first", "second"), [(1, 2), (-1, -2), (5, 3)])
def test_cycles_of_one_direction_are_legal(first, second):
    assert len(coupled(first, second).delays) == 2


def test_past_and_future_in_different_components():
    """A bidirectional network, and one direction on top of the other."""
    x = tg.sequence("x", (), F64)
    forth = tg.delay("forth", shape=(), dtype=F64)
    h = x + forth * 0.5
    forth.close(h)
    back = tg.delay("back", steps=-1, shape=(), dtype=F64)
    g = h + back * 0.5
    back.close(g)
    hs = [XS[0]]
    for step in XS[1:]:
        hs.append(step + hs[-1] / 2)
    gs = [hs[-1]]
    for step in hs[-2::-1]:
        gs.append(step + gs[-1] / 2)
    close(value(g, {"x": XS}), gs[::-1])


def test_a_look_ahead_within_a_past_cycle():
    """+3 - 1 on the long way, +2 on the short one: legal, and computed so."""
    x = tg.sequence("x", (), F64)
    far = tg.delay("far", steps=3, shape=(), dtype=F64)
    near = tg.delay("near", steps=2, shape=(), dtype=F64, init=1.0)
    ahead = tg.delay("ahead", steps=-1, shape=(), dtype=F64, init=2.0)
    y = x + ahead * 0.5 + near * 0.25
    ahead.close(far)
    far.close(y)
    near.close(y)
    ys, total = [], len(XS)
    for t in range(total):
        if t + 1 >= total:
            seen = 2.0
        else:
            seen = ys[t - 2] if t >= 2 else 0.0
        ys.append(XS[t] + seen / 2 + (ys[t - 2] if t >= 2 else 1.0) / 4)
    close(value(y, {"x": XS}), ys)


def test_no_delay_no_cycle_test():
    x = tg.sequence("x", (), F64)
    assert tg.Graph(tg.tanh(x) + tg.delay(source=x, init=tg.REPLICATE)).delays


def brute_force_is_legal(nodes, edges, steps):
    """No cycle among the copies (node, t) for every T up to `steps`."""
    for total in range(1, steps + 1):
        places = [(v, t) for v in nodes for t in range(total)]
        reads = {place: [] for place in places}
        for v, u, w in edges:
            for t in range(total):
                if 0 <= t - w < total:
                    reads[v, t].append((u, t - w))
        components = strongly_connected(places, reads.__getitem__)
        if any(len(c) > 1 or c[0] in reads[c[0]] for c in components):
            return False
    return True


def components_are_legal(nodes, edges):
    reads = {v: [u for w, u, _ in edges if w == v] for v in nodes}
    for component in strongly_connected(nodes, reads.__getitem__):
        members = set(component)
        inner = [e for e in edges if e[0] in members and e[1] in members]
        if inner and witness(component, inner):
            return False
    return True


def test_verified_means_acyclic_for_every_length():
    """On random small graphs; a cycle shows up within (nodes × |delay|) steps."""
    chance = random.Random(7)
    legal = 0
    for _ in range(400):
        nodes = list(range(chance.randint(1, 4)))
        edges = [
            (chance.choice(nodes), chance.choice(nodes), chance.randint(-2, 2))
            for _ in range(chance.randint(1, 5))
        ]
        wanted = brute_force_is_legal(nodes, edges, 14)
        assert components_are_legal(nodes, edges) == wanted, edges
        legal += wanted
    assert 50 < legal < 350


def test_the_witness_is_a_cycle_of_the_graph():
    chance = random.Random(11)
    seen = 0
    for _ in range(300):
        nodes = list(range(4))
        edges = [
            (chance.choice(nodes), chance.choice(nodes), chance.randint(-2, 2))
            for _ in range(6)
        ]
        reads = {v: [u for w, u, _ in edges if w == v] for v in nodes}
        for component in strongly_connected(nodes, reads.__getitem__):
            inner = [e for e in edges if e[0] in component and e[1] in component]
            for cycle in witness(component, inner):
                seen += 1
                assert all(edge in inner for edge in cycle)
                assert cycle[-1][1] == cycle[0][0]
                for edge, after in itertools.pairwise(cycle):
                    assert edge[1] == after[0]
    assert seen > 50


def mixed_component(count):
    """`count` nodes on one cycle of +3, −1, +3, −1, ..., with short cuts of +2."""
    x = tg.sequence("x", ())
    first = tg.delay("first", steps=3, shape=())
    node = first
    while_open = []
    for i in range(count // 4):
        node = tg.tanh(node + x)
        skip = tg.delay(f"skip{i}", steps=2, shape=())
        ahead = tg.delay(steps=-1, source=tg.delay(steps=3, source=node))
        node = ahead + skip
        while_open.append((skip, node))
    for skip, after in while_open:
        skip.close(after)
    first.close(node)
    return node


def test_a_mixed_component_of_2000_nodes_is_verified_quickly():
    node = mixed_component(2000)
    start = time.process_time()
    graph = tg.Graph(node)
    taken = time.process_time() - start
    assert len(graph) > 2000
    assert taken < 3, f"{taken:.2f} s"


def test_a_component_of_one_direction_pays_no_shortest_paths(monkeypatch):
    def refuse(*_):
        raise AssertionError("a shortest-path run, where one walk is enough")

    monkeypatch.setattr(verification, "potentials", refuse)
    first = tg.delay("first", shape=())
    node = first
    for _ in range(10_000):
        node = tg.tanh(node)
    first.close(node)
    assert len(tg.Graph(node).delays) == 1
