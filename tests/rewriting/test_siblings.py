"""Siblings become vectors: how many nodes are left, and that they mean the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.rewriting.kit import fires, looping, ops, stays, weight
from tinygraph.core.verification import cycles_of
from tinygraph.rewriting import optimise
from tinygraph.rewriting.facts import Facts
from tinygraph.rewriting.sibling_classes import Kinds, Places, may_be_siblings
from tinygraph.scheduling.order import schedule
from tinygraph.testing import check_backend, gradient_graph
from tinygraph.testing.choices import by_seed
from tinygraph.testing.strategies import grown
from tinygraph.testing.wishes import wishes_for

VECTORS, SUMS = "siblings to vectors", "sum siblings"


def delays(n, shape=(), **options):
    made = {"dtype": "float64", **options}
    return [tg.delay(f"h{i}", shape=shape, **made) for i in range(n)]


def close(states, values):
    for state, value in zip(states, values, strict=True):
        state.close(value)
    return values


def coupled(n, partner, shape=(), **options):
    """hᵢ = tanh(wᵢ hᵢ + uᵢ h[partner(i)] + x); return its values and parameters."""
    x, states = tg.sequence("x", shape, "float64"), delays(n, shape, **options)
    w, u = ([weight(f"{name}{i}", *shape) for i in range(n)] for name in "wu")
    values = []
    for i, state in enumerate(states):
        z = state * w[i] + x
        other = partner(i)
        values.append(tg.tanh(z if other is None else z + states[other] * u[i]))
    return close(states, values), [*w, *u]


def squares(values):
    total = values[0] * values[0]
    for value in values[1:]:
        total = total + value * value
    return {"loss": tg.mean_over_time(tg.sum(total))}


def ring(n, **options):
    return coupled(n, lambda i: (i + 1) % n, **options)


def members(graph):
    return [len(part) for part in cycles_of(graph.nodes)]


def test_a_ring_of_scalars_is_one_vector():
    graph = fires(VECTORS, {f"h{i}": h for i, h in enumerate(ring(6)[0])})
    assert looping(graph)["tanh"] == looping(graph)["delay"] == 1
    assert ops(graph)["tanh"] == 1


@pytest.mark.parametrize("gradients", [False, True])
def test_the_loops_do_not_grow_with_the_siblings(gradients):
    found = []
    for n in (8, 80):
        values, parameters = ring(n)
        graph = tg.Graph(squares(values))
        whole = gradient_graph(graph, parameters) if gradients else graph
        found.append(optimise(whole).graph)
    assert members(found[0]) == members(found[1])
    assert len(members(found[0])) == 1 + gradients
    leaves = [len(graph.leaves) for graph in found]
    outputs = [len(graph.outputs) for graph in found]
    rest = [len(g) - 2 * a - b for g, a, b in zip(found, leaves, outputs, strict=True)]
    assert rest[1] <= rest[0] + 2


def test_parameters_are_laid_side_by_side_in_the_prologue():
    graph = optimise(tg.Graph(squares(ring(6)[0]))).graph
    early = [task.node.op.name for task in schedule(graph).prologue]
    assert early.count("stack") == ops(graph)["stack"] == 2


def test_what_never_meets_becomes_one_loop_too():
    graph = fires(VECTORS, squares(coupled(5, lambda i: None)[0]))
    assert len(members(graph)) == 1


def test_the_ends_of_a_chain_are_of_their_own():
    x, states = tg.sequence("x", (), "float64"), delays(10)
    values = []
    for i, state in enumerate(states):
        z = x if i == 0 else x + states[i - 1] * weight(f"u{i}")
        z = z if i == 9 else z + states[i + 1] * weight(f"v{i}")
        values.append(tg.tanh(z + state))
    graph = fires(VECTORS, squares(close(states, values)))
    assert looping(graph)["tanh"] == 3


def test_a_permutation_is_a_gather():
    values, _ = coupled(12, lambda i: (i * 5 + 2) % 12)
    graph = fires(VECTORS, squares(values))
    assert looping(graph)["take"] == looping(graph)["tanh"] == 1


def test_one_that_all_read_runs_before_them():
    graph = fires(VECTORS, squares(coupled(5, lambda i: 0)[0]))
    assert looping(graph)["tanh"] == 2


@pytest.mark.parametrize("shape", [(2,), ("batch",), ("batch", 2)])
@pytest.mark.parametrize("steps", [1, 3, -2])
def test_small_values_of_any_shape_and_delay(shape, steps):
    x, states = tg.sequence("x", shape, "float64"), delays(4, shape, steps=steps)
    values = close(states, [tg.tanh(h * (0.1 * i) + x) for i, h in enumerate(states)])
    graph = fires(VECTORS, {f"y{i}": y for i, y in enumerate(values)})
    assert looping(graph)["tanh"] == 1


@pytest.mark.parametrize("numbers", [(0.0, -0.0), (np.nan, 1.0), (1.0, 2.0)])
def test_constants_that_differ_are_laid_side_by_side(numbers):
    x, states = tg.sequence("x", (), "float64"), delays(4)
    constants = [numbers[i % 2] for i in range(4)]
    values = [tg.tanh((h + x) * c) for h, c in zip(states, constants, strict=True)]
    outputs = {f"y{i}": 1 / y for i, y in enumerate(close(states, values))}
    feeds = {"x": np.array([0.5, -0.5, 1.0])}
    fires(VECTORS, outputs, feeds=feeds)


def test_each_has_its_own_initial_state():
    states = [
        tg.delay(f"h{i}", init=tg.placeholder(f"s{i}", (2,), "float64"))
        for i in range(4)
    ]
    values = close(states, [tg.tanh(h) for h in states])
    graph = fires(VECTORS, squares(values))
    assert ops(graph)["stack"] == 1


def test_three_are_too_few():
    stays(VECTORS, squares(ring(3)[0]))


def test_large_values_stay():
    stays(VECTORS, squares(ring(4, shape=(17,))[0]))


def test_loops_that_wait_for_each_other_stay_apart():
    y, found = tg.sequence("x", (), "float64"), []
    for i in range(4):
        state = tg.delay(f"h{i}", shape=(), dtype="float64")
        y = tg.tanh(y + state)
        state.close(y)
        found.append(y)
    stays(VECTORS, squares(found))


def test_what_needs_another_within_a_step_stays_apart():
    states, y, found = delays(4), tg.sequence("x", (), "float64"), []
    for i, state in enumerate(states):
        y = tg.tanh(state + states[i - 1] + tg.cumsum(tg.expand_dims(y, 0), 0)[0])
        found.append(y)
    stays(VECTORS, squares(close(states, found)))


def test_cycles_that_mix_past_and_future_stay():
    x, states = tg.sequence("x", (), "float64"), delays(4, steps=2)
    ahead = [tg.delay(source=h, steps=-1) for h in states]
    values = [tg.tanh(a + x + states[i - 1]) for i, a in enumerate(ahead)]
    stays(VECTORS, squares(close(states, values)))


def test_delays_that_repeat_their_source_stay():
    x, states = tg.sequence("x", (), "float64"), delays(4)
    again = [tg.delay(source=h, steps=2, init=tg.REPLICATE) for h in states]
    close(states, [tg.tanh(h + x) for h in again])
    stays(VECTORS, {f"y{i}": h for i, h in enumerate(again)})


def test_states_that_do_different_things_stay():
    x, states = tg.sequence("x", (), "float64"), delays(4)
    functions = (tg.tanh, tg.sigmoid, tg.sin, tg.softplus)
    values = [f(h + x) for f, h in zip(functions, states, strict=True)]
    stays(VECTORS, squares(close(states, values)))


def test_a_sum_of_all_elements():
    x = tg.sequence("x", (6,), "float64")
    graph = fires(SUMS, {"y": x[0] + x[1] + x[2] + x[3] + x[4] + x[5]}, 1)
    assert ops(graph) == {"sequence": 1, "sum": 1}


def test_a_sum_of_some_elements_and_others():
    x, z = tg.sequence("x", ("batch", 9), "float64"), tg.sequence("z", (), "float64")
    places = (1, 2, 3, 4, 7, 7, 0)
    y = z
    for i in places:
        y = y + x[:, i]
    graph = fires(SUMS, {"y": y}, 1)
    assert ops(graph)["sum"] == 1
    assert 5 in [n.type.shape[-1] for n in graph if n.op.name == "index"]


def test_a_sum_of_three_stays():
    x = tg.sequence("x", (3,), "float64")
    stays(SUMS, {"y": x[0] + x[1] + x[2]})


def test_integers_are_not_summed_in_a_wider_type():
    x = tg.sequence("x", (4,), "int8")
    stays(SUMS, {"y": x[0] + x[1] + x[2] + x[3]})


def drawn(seed, most_moves, causal):
    plain = ("ops", "loops", "leaves", "shapes", "steps", "inits", "dtypes", "sizes")
    wishes = wishes_for(
        smooth=False,
        causal=causal,
        random=True,
        extremes=False,
        most_delays=2,
        most_moves=most_moves,
        dtype="float64",
        axes=1,
        least_steps=1,
        **dict.fromkeys(plain),
    )
    return grown(by_seed(seed), wishes, siblings=True)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 5), st.booleans(), st.integers(1, 5))
def test_random_graphs_with_siblings(seed, most_moves, causal, steps):
    graph = drawn(seed, most_moves, causal)
    for each in (graph, gradient_graph(graph)):
        done = optimise(each, verify_each=True)
        assert not optimise(done.graph).fired
        check_backend(each, "numpy", steps)


def test_states_that_are_siblings_may_be():
    found = []
    for seed in range(30):
        facts = Facts(drawn(seed, 2, True).outputs)
        places = Places(facts)
        classes = Kinds(facts, places).classes()
        states = [x for group in classes for x in group if isinstance(x, tg.Delay)]
        found += [may_be_siblings(states, places)] if states else []
    assert all(found)
    assert len(found) >= 10


def test_siblings_are_found_in_random_graphs():
    fired = [VECTORS in optimise(drawn(seed, 2, True)).fired for seed in range(30)]
    assert sum(fired) >= 10
