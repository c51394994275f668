"""Adjoint networks: total derivatives through loops, second order, and their shape."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, differences, value, values
from tinygraph.core.verification import cycles_of

XS = np.array([0.3, -0.5, 0.8, 0.2])


def loop_in_python(w, h0, xs=XS):
    """h = tanh(x + w h_prev); loss = Σ h²."""
    state, total = h0, 0.0
    for step in xs:
        state = np.tanh(step + w * state)
        total += state**2
    return total


def loop():
    x = tg.sequence("x", (), F64)
    w, h0 = tg.parameter("w", np.array(0.7)), tg.parameter("h0", np.array(0.4))
    before = tg.delay("before", init=h0)
    h = tg.tanh(x + w * before, name="h")
    before.close(h)
    return x, w, h0, before, h, tg.sum_over_time(tg.square(h))


def test_a_loop_equals_finite_differences():
    x, w, h0, _, _, loss = loop()
    found = values(dict(zip("wix", tg.grad(loss, [w, h0, x]), strict=True)), {"x": XS})
    close(found["w"], differences(lambda v: loop_in_python(v, 0.4), 0.7), rtol=1e-7)
    close(found["i"], differences(lambda v: loop_in_python(0.7, v), 0.4), rtol=1e-7)
    close(found["x"], differences(lambda v: loop_in_python(0.7, 0.4, v), XS), rtol=1e-6)


def nudged(at, of_delay):
    """The loss as a function of a nudge of h (or of what the delay gives) at a step."""

    def run(nudge):
        state, total = 0.4, 0.0
        for t, step in enumerate(XS):
            seen = state + nudge * (of_delay and t == at)
            state = np.tanh(step + 0.7 * seen) + nudge * (not of_delay and t == at)
            total += state**2
        return total

    return float(differences(run, 0.0))


def test_members_of_a_cycle_get_total_cotangents():
    """Every later effect counts, and entries of wrt do not influence one another."""
    x, w, _, before, h, loss = loop()
    wrt = [h, before, tg.every_step(w), x]
    together = values(dict(zip("hdwx", tg.grad(loss, wrt), strict=True)), {"x": XS})
    for name, node in zip("hdwx", wrt, strict=True):
        alone = tg.grad(loss, node)
        assert alone.type == node.type
        close(value(alone, {"x": XS}), together[name])
    close(together["h"], [nudged(t, False) for t in range(4)], rtol=1e-7)
    close(together["d"], [nudged(t, True) for t in range(4)], rtol=1e-7)


def test_the_gradient_per_time_step_adds_up():
    _x, w, _, _, h, loss = loop()
    per_step, total = tg.grad(loss, [tg.every_step(w), w])
    found = values({"per step": per_step, "total": total, "h": h}, {"x": XS})
    assert found["per step"].shape == (4,)
    close(found["per step"].sum(), found["total"])
    states = np.array([0.4, *found["h"][:-1]])
    later = np.array([nudged(t, False) for t in range(4)])
    close(found["per step"], later * (1 - found["h"] ** 2) * states, rtol=1e-6)


def test_stop_gradient_passes_the_value_only():
    _x, w, _, _before, _, _ = loop()
    cut = tg.Graph({"loss": loop()[5]})
    d = cut.delay("before")
    truncated = cut.replace({d: tg.stop_gradient(d)})
    w, loss = truncated["w"], truncated["loss"]
    found = values({"loss": loss, "dw": tg.grad(loss, w)}, {"x": XS})
    hs = [0.4]
    for step in XS:
        hs.append(np.tanh(step + 0.7 * hs[-1]))
    hs = np.array(hs)
    close(found["loss"], (hs[1:] ** 2).sum())
    close(found["dw"], (2 * hs[1:] * (1 - hs[1:] ** 2) * hs[:-1]).sum())


def second_derivative(of, k=1, **options):
    """Differences of the gradient graph itself, for a loop with any delay."""
    x, w = tg.sequence("x", (), F64), tg.placeholder("w", (), F64)
    before = tg.delay("before", steps=k, shape=(), dtype=F64, **options)
    h = tg.tanh(x + w * before)
    before.close(h)
    loss = tg.mean_over_time(h * h * h)
    wrt = {"w": w, "x": x}[of]
    first = tg.grad(loss, wrt)
    total = tg.sum_over_time(first * first) if first.time else first * first
    run = tg.compile(
        {"total": total, "second": tg.grad(total, wrt)}, backend="interpret"
    )
    feeds = {"w": np.array(0.7), "x": XS}

    def at(changed):
        return float(run({**feeds, of: changed})["total"])

    found = values({"total": total, "second": tg.grad(total, wrt)}, feeds)["second"]
    close(found, differences(at, feeds[of], 1e-5), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("of", ["w", "x"])
@pytest.mark.parametrize("k", [1, 2, -1, -3])
def test_second_order(of, k):
    second_derivative(of, k, init=0.4)


def test_second_order_through_replicate():
    """A running mean with the first value in front."""
    x = tg.sequence("x", (), F64)
    late = tg.delay(source=tg.sin(x), steps=2, init=tg.REPLICATE)
    loss = tg.sum_over_time(tg.square(late) * late)
    first = tg.grad(loss, x)
    total = tg.sum_over_time(first * first)
    second = tg.grad(total, x)

    def by_hand(xs):
        ys = np.sin(xs)
        slope = np.zeros(4)
        for t in range(4):
            at = max(t - 2, 0)
            slope[at] += 3 * ys[at] ** 2 * np.cos(xs[at])
        return (slope**2).sum()

    found = values({"total": total, "second": second}, {"x": XS})
    close(found["total"], by_hand(XS))
    close(found["second"], differences(by_hand, XS), rtol=1e-6)


def test_gradients_through_a_learned_history_in_a_loop():
    x = tg.sequence("x", (), F64)
    history = tg.parameter("history", np.array([0.4, -0.3]))
    before = tg.delay("before", steps=2, history=history)
    h = tg.tanh(x + before * 0.9)
    before.close(h)
    loss = tg.sum_over_time(h * h)

    def by_hand(slots):
        states, total = list(slots), 0.0
        for step in XS:
            states.append(np.tanh(step + 0.9 * states[-2]))
            total += states[-1] ** 2
        return total

    found = values({"loss": loss, "d": tg.grad(loss, history)}, {"x": XS})
    close(found["loss"], by_hand([0.4, -0.3]))
    close(found["d"], differences(by_hand, [0.4, -0.3]), rtol=1e-7)


def test_a_causal_loop_has_one_anti_causal_adjoint():
    x, w, h0, _, h, loss = loop()
    graph = tg.Graph(dict(zip("wix", tg.grad(loss, [w, h0, x]), strict=True)))
    value_loop, adjoint_loop = sorted(
        cycles_of(graph.nodes), key=lambda part: h not in part
    )
    assert h in value_loop
    assert not set(value_loop) & set(adjoint_loop)
    signs = [
        {node.steps for node in part if isinstance(node, tg.Delay)}
        for part in (value_loop, adjoint_loop)
    ]
    assert signs == [{1}, {-1}]


def test_no_adjoint_delay_where_no_gradient_flows():
    x, w, _, _before, _, loss = loop()
    fixed = tg.parameter("fixed", np.array(2.0))
    own = tg.sum_over_time(x * fixed) + loss
    graph = tg.Graph(tg.grad(own, fixed))
    assert not graph.delays
    last_only = tg.Graph(tg.grad(loss, w))
    assert len(last_only.delays) == 2


def test_the_gradient_graph_is_linear_in_the_graph():
    def size(count):
        x, before = tg.sequence("x", (), F64), tg.delay("d", shape=(), dtype=F64)
        node = x + before
        for _ in range(count):
            node = tg.tanh(node * 0.5 + node)
        before.close(node)
        return len(tg.Graph(tg.grad(tg.sum_over_time(node), x)))

    assert size(200) - size(100) == size(300) - size(200)
    assert size(200) < 201 * 20


def test_vjp_and_jvp_of_several_outputs():
    """⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩ with J through the loop, outputs per step and static."""
    x, w, h0, _, h, loss = loop()
    rng = np.random.default_rng(3)
    wrt = {"x": x, "w": w, "h0": h0}
    moves = {"x": rng.normal(size=4), "w": rng.normal(), "h0": rng.normal()}
    tangents = [
        tg.sequence("dx", (), F64),
        tg.placeholder("dw", (), F64),
        tg.placeholder("dh0", (), F64),
    ]
    cotangents = {"h": rng.normal(size=4), "loss": rng.normal()}
    cts = [tg.sequence("ch", (), F64), tg.placeholder("closs", (), F64)]
    feeds = {"x": XS, "ch": cotangents["h"], "closs": cotangents["loss"]}
    back = tg.vjp([h, loss], list(wrt.values()), cts)
    assert [node.type for node in back] == [node.type for node in wrt.values()]
    pulled = values(dict(zip(wrt, back, strict=True)), feeds)
    feeds = {"x": XS, **{f"d{name}": move for name, move in moves.items()}}
    forth = tg.jvp([h, loss], list(wrt.values()), tangents)
    pushed = values(dict(zip(["h", "loss"], forth, strict=True)), feeds)
    left = sum(float(np.sum(cotangents[n] * pushed[n])) for n in pushed)
    right = sum(float(np.sum(pulled[n] * moves[n])) for n in pulled)
    close(left, right, rtol=1e-10)


def test_a_jvp_runs_forwards_with_the_loop():
    """One tangent per parameter entry: real-time recurrent learning."""
    _x, w, _, _, h, _ = loop()
    moving = tg.jvp(h, w, 1.0)
    graph = tg.Graph({"dh": moving, "h": h})
    assert {delay.steps for delay in graph.delays} == {1}
    found = values(graph, {"x": XS})
    sensitivity, state, wanted = 0.0, 0.4, []
    for step in XS:
        seen = state
        state = np.tanh(step + 0.7 * seen)
        sensitivity = (1 - state**2) * (seen + 0.7 * sensitivity)
        wanted.append(sensitivity)
    close(found["dh"], wanted)


def test_a_node_of_wrt_moves_besides_what_it_takes_over():
    x = tg.sequence("x", (), F64)
    y = x * 2.0
    found = value(tg.jvp(y * 3.0, [x, y], [1.0, 10.0]), steps=2)
    close(found, [36.0, 36.0])


def test_jvp_of_what_does_not_move():
    x, other = tg.sequence("x", (), F64), tg.parameter("other", np.array(1.0))
    still = tg.jvp(x, other, 1.0)
    assert still.type == x.type
    with pytest.raises(tg.UnconnectedError, match=r"x: float64\[\] depends on no node"):
        tg.jvp(x, other, 1.0, unconnected="raise")
