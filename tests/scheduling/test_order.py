"""The schedule: only the cycle is sequential, in the direction its delays ask for."""

import random

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, recurrence, values
from tinygraph.scheduling.order import Loop, schedule

XS = np.random.default_rng(4).normal(size=7)


def loops_of(graph):
    return [task for task in schedule(graph).main if isinstance(task, Loop)]


def once(graph):
    plan = schedule(graph)
    return {task.node for task in plan.main if not isinstance(task, Loop)}


@pytest.fixture
def count():
    """An op tanh whose kernel notes the shapes it is called with."""
    calls = []

    def kernel(x):
        calls.append(np.shape(x))
        return np.tanh(x)

    op = tg.register(tg.Op("counted", infer=lambda x: x, impl=kernel))
    yield calls, lambda x: tg.apply(op, x)
    del tg.REGISTRY["counted"]


def test_what_depends_on_no_state_runs_once():
    x, w = tg.sequence("x", ("batch", 2), F64), tg.parameter("W", np.eye(2))
    u = tg.parameter("U", np.eye(2))
    before = tg.delay("before", shape=("batch", 2), dtype=F64)
    into, kept = x @ w, before @ u.T
    h = tg.tanh(into + kept, name="h")
    before.close(h)
    out = tg.sum(h @ w, name="out")
    graph = tg.Graph({"out": out})
    (loop,) = loops_of(graph)
    assert set(loop.members) == {before, kept, h.inputs[0], h}
    assert {into, x, out, out.inputs[0]} <= once(graph)
    early = {task.node for task in schedule(graph).prologue}
    assert {w, u, tg.every_step(w), tg.every_step(kept.inputs[1].inputs[0])} <= early


def test_kernels_are_called_once_outside_and_once_a_step_inside(count):
    calls, counted = count
    x = tg.sequence("x", (2,), F64)
    before = tg.delay("before", shape=(2,), dtype=F64)
    h = counted(counted(x) + before)
    before.close(h)
    run = tg.compile({"y": counted(h)}, backend="numpy")
    run({"x": np.ones((5, 2))})
    assert sorted(calls) == [(2,)] * 5 + [(5, 2)] * 2


def test_an_open_loop_runs_vectorised(count):
    calls, counted = count
    x, truth = tg.sequence("x", (), F64), tg.sequence("truth", (), F64)
    before = tg.delay("before", shape=(), dtype=F64)
    h = counted(x + before)
    before.close(h)
    graph = tg.open_loop(tg.Graph({"h": h}), "before", truth)
    assert not loops_of(graph)
    tg.compile(graph, backend="numpy")({"x": XS, "truth": XS})
    assert calls == [(7,)]


def test_a_delay_outside_every_cycle_is_a_shift():
    x = tg.sequence("x", (), F64)
    graph = tg.Graph({"y": tg.delay(source=tg.delay(source=x, steps=-2), steps=3)})
    assert not loops_of(graph)
    assert set(graph.delays) <= once(graph)


@pytest.mark.parametrize(("steps", "backwards"), [(1, False), (3, False), (-2, True)])
def test_the_direction_of_a_loop(steps, backwards):
    graph = tg.Graph({"h": recurrence(steps=steps)[2]})
    (loop,) = loops_of(graph)
    assert (loop.backwards, loop.time, set(loop.lags)) == (backwards, "t", {0})


def test_a_gradient_adds_one_loop_the_other_way():
    x, _, h = recurrence()
    loss = tg.sum_over_time(h * h)
    graph = tg.Graph({"loss": loss, "dx": tg.grad(loss, x)})
    value_loop, adjoint_loop = loops_of(graph)
    assert (value_loop.backwards, adjoint_loop.backwards) == (False, True)
    assert h in value_loop.members
    assert not set(value_loop.members) & set(adjoint_loop.members)


def test_loops_stand_after_what_they_read():
    x, _, h = recurrence()
    second = tg.delay("second", shape=(), dtype=F64)
    g = tg.tanh(h + second)
    second.close(g)
    plan = schedule(tg.Graph({"g": g, "x": x}))
    first, last = (task for task in plan.main if isinstance(task, Loop))
    assert (h in first.members, g in last.members) == (True, True)


def test_a_mixed_loop_is_retimed():
    """Every input is ready: made in an earlier iteration, or before in the same one."""
    x = tg.sequence("x", (), F64)
    far = tg.delay("far", steps=3, shape=(), dtype=F64)
    ahead = tg.delay("ahead", steps=-1, shape=(), dtype=F64, init=2.0)
    y = tg.tanh(x + ahead * 0.5)
    far.close(y)
    ahead.close(tg.sin(far))
    graph = tg.Graph({"y": y})
    (loop,) = loops_of(graph)
    assert max(loop.lags) > 0
    assert min(loop.lags) == 0
    lag = dict(zip(loop.members, loop.lags, strict=True))
    place = {node: i for i, node in enumerate(loop.members)}
    for node in loop.members:
        for part in node.inputs:
            if part not in lag:
                continue
            delayed = node.steps if node in (far, ahead) else 0
            assert lag[part] <= lag[node] + delayed
            if lag[part] == lag[node] + delayed:
                assert place[part] < place[node]


def random_loop(chance, mixed):
    """A random legal recurrence of 3 to 6 nodes, several delays, k from −3 to 3."""
    x = tg.sequence("x", (), F64)
    while True:
        signs = [1, 1, 1, -1] if mixed else [chance.choice([1, -1])]
        delays = [
            tg.delay(
                f"d{i}",
                steps=chance.choice(signs) * chance.randint(1, 3),
                shape=(),
                dtype=F64,
                init=chance.choice([0.0, 0.5, tg.REPLICATE]),
            )
            for i in range(chance.randint(2, 4))
        ]
        nodes = [x, *delays]
        for _ in range(chance.randint(3, 6)):
            a, b = chance.choice(nodes), chance.choice(nodes)
            op = chance.choice([tg.tanh, tg.sin, tg.cos])
            nodes.append(op(a * 0.7 + b))
        for delay in delays:
            delay.close(chance.choice(nodes[1 + len(delays) :] + delays))
        outputs = {f"y{i}": node for i, node in enumerate(nodes)}
        try:
            return tg.Graph(outputs)
        except tg.DelayFreeCycleError:
            continue


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_any_legal_loop_equals_its_definition(seed, mixed):
    """`values` compares the backends; slots, short sequences and lags included."""
    chance = random.Random(1000 * mixed + seed)
    graph = random_loop(chance, mixed)
    retimed = [loop for loop in loops_of(graph) if max(loop.lags)]
    assert mixed or not retimed
    for steps in (1, 2, 7):
        values(graph, {"x": XS[:steps]})


def test_some_random_loops_are_retimed():
    found = 0
    for seed in range(12):
        graph = random_loop(random.Random(1000 + seed), mixed=True)
        found += any(max(loop.lags) for loop in loops_of(graph))
    assert found >= 3


def test_random_numbers_inside_a_loop_are_those_outside():
    """The same node drawn step by step, over all steps at once, and unrolled."""

    def noisy(looped):
        noise = tg.normal((3,), F64, name="noise")
        before = tg.delay("before", shape=(3,), dtype=F64)
        h = noise * (before * 0.0 + 1.0 if looped else 1.0)
        before.close(h)
        return tg.Graph({"h": h})

    inside, outside = noisy(looped=True), noisy(looped=False)
    wanted = values(outside, steps=4, start=3, seed=9)["h"]
    close(values(inside, steps=4, start=3, seed=9)["h"], wanted)
    close(values(tg.unroll(inside, 4), start=3, seed=9)["h"], wanted)


def test_sampling_in_a_loop_feeds_back():
    table = tg.parameter("table", np.random.default_rng(0).normal(size=(4, 4)))
    token = tg.delay("token", init=1, shape=("batch",), dtype="int64")
    drawn = tg.categorical(tg.take(table, token, axis=0), name="drawn")
    token.close(drawn)
    lengths = tg.placeholder("lengths", ("batch",), F64)
    found = values(
        {"token": token, "drawn": drawn, "n": lengths}, {"lengths": np.ones(5)}, 6
    )
    assert found["drawn"].shape == (6, 5)
    np.testing.assert_array_equal(found["token"][1:], found["drawn"][:-1])
    assert set(found["token"][0]) == {1}
