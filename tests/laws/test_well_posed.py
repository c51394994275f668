"""Verified ⇔ unroll(G, T) is acyclic for every T, by brute force on small graphs."""

from hypothesis import assume, given
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.core.delays import open_delay
from tinygraph.core.traversal import find_cycle, strongly_connected
from tinygraph.core.verification import total_delay, witness
from tinygraph.semantics.at_step import at_step

NODES = 4
WEIGHTS = st.integers(-2, 2)


@st.composite
def weighted_graphs(draw):
    """Nodes 0..n-1 and edges (consumer, input, delay), possibly ill-posed."""
    n = draw(st.integers(1, NODES))
    node = st.integers(0, n - 1)
    return n, draw(st.lists(st.tuples(node, node, WEIGHTS), max_size=7))


def is_acyclic(n, edges, steps):
    """Unroll by hand: v at step t reads u at step t - k, where that step exists."""
    places = [(v, t) for v in range(n) for t in range(steps)]
    reads = [
        ((v, t), (u, t - k), 0)
        for v, u, k in edges
        for t in range(steps)
        if 0 <= t - k < steps
    ]
    return find_cycle(places, reads) is None


def components(n, edges):
    onward = {v: [u for w, u, _ in edges if w == v] for v in range(n)}
    for members in strongly_connected(range(n), onward.__getitem__):
        yield members, [e for e in edges if e[0] in members and e[1] in members]


@given(weighted_graphs())
def test_verified_means_acyclic_for_every_t(drawn):
    """A closed walk of total zero fits in 40 steps: cycles of ±8 and detours."""
    n, edges = drawn
    verified = not any(witness(*part) for part in components(n, edges))
    longest = 40
    assert verified == is_acyclic(n, edges, longest)
    if verified:
        assert all(is_acyclic(n, edges, steps) for steps in range(1, 12))


@given(weighted_graphs())
def test_the_witness_is_a_cycle_of_zero_or_two_of_both_signs(drawn):
    n, edges = drawn
    for members, inside in components(n, edges):
        cycles = witness(members, inside)
        for cycle in cycles:
            for (_, part, _), (consumer, _, _) in zip(
                cycle, [*cycle[1:], cycle[0]], strict=True
            ):
                assert part == consumer
            assert all(edge in inside for edge in cycle)
        totals = [total_delay(cycle) for cycle in cycles]
        assert totals in ([], [0]) or sorted(t > 0 for t in totals) == [False, True]


@st.composite
def real_graphs(draw):
    """Delays (some REPLICATE) over sums of each other, closed at random."""
    count = draw(st.integers(1, 3))
    slots = st.sampled_from(["init", "replicate"])
    delays = []
    for i in range(count):
        steps = draw(st.sampled_from([1, -1, 2, -2]))
        kind = tg.TensorType((), tg.constant(0.0).dtype, "t")
        fill = draw(slots)
        inputs = (tg.constant(0.0),) if fill == "init" else ()
        attrs = {"steps": steps, "outside": fill}
        delays.append(open_delay(inputs, kind, attrs, f"d{i}"))
    nodes = [*delays]
    for _ in range(draw(st.integers(1, 3))):
        a, b = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        nodes.append(tg.tanh(a + b))
    for delay in delays:
        delay.close(draw(st.sampled_from(nodes)))
    return nodes


def acyclic_over(nodes, steps):
    places = [(node, t) for node in nodes for t in range(steps)]
    reads = [
        ((node, t), (part, s), 0)
        for node, t in places
        for part, s in at_step(node, t, {"t": steps}).args
        if part.time is not None
    ]
    return find_cycle(places, reads) is None


@given(real_graphs())
def test_verified_graphs_of_delays_are_acyclic_for_every_t(nodes):
    """With REPLICATE one way only: it counts as delay 0 at every step, not at one."""
    try:
        graph = tg.Graph({f"{i}": node for i, node in enumerate(nodes)})
    except tg.DelayFreeCycleError:
        assume(all(getattr(node, "kind", "") != "replicate" for node in nodes))
        order = _everything(nodes)
        assert not all(acyclic_over(order, steps) for steps in range(1, 16))
        return
    timed = [node for node in graph if node.time]
    assert all(acyclic_over(timed, steps) for steps in range(1, 9))


def _everything(nodes):
    found = dict.fromkeys(nodes)
    queue = list(nodes)
    for node in queue:
        for part in node.inputs:
            if part.time and part not in found:
                found[part] = None
                queue.append(part)
    return list(found)
