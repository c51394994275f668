"""Backward passes by hand: the right one passes, and of a wrong one it is said why."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.testing import check_backward, check_vjp

T, ROWS = 6, 3
RNG = np.random.default_rng(0)


def recurrence(dtype="float64"):
    """An RNN, and the mean over the rows of the sum of its squares."""
    x = tg.sequence("x", (ROWS, 2), dtype)
    W = tg.parameter("W", RNG.normal(size=(4, 4)).astype(dtype) / 2)
    U = tg.parameter("U", RNG.normal(size=(2, 4)).astype(dtype))
    b = tg.parameter("b", np.zeros(4, dtype))
    before = tg.delay("before", init=tg.placeholder("h0", (ROWS, 4), dtype))
    h = tg.tanh(x @ U + before @ W + b)
    before.close(h)
    loss = tg.sum_over_time(tg.mean(tg.sum(tg.square(h), axis=-1)))
    return tg.Graph({"loss": loss})


def states(x, W, U, b, h0):
    found = [h0]
    for step in x:
        found.append(np.tanh(step @ U + found[-1] @ W + b))
    return np.array(found)


def forward(**leaves):
    return np.square(states(**leaves)[1:]).sum() / ROWS


def backward(x, W, U, b, h0):
    """Back-propagation through time, right."""
    h = states(x, W, U, b, h0)
    found = {"W": np.zeros_like(W), "U": np.zeros_like(U), "b": np.zeros_like(b)}
    found["x"] = np.zeros_like(x)
    dh = np.zeros_like(h0)
    for t in reversed(range(len(x))):
        dz = (dh + 2 * h[t + 1] / ROWS) * (1 - h[t + 1] ** 2)
        found["W"] += h[t].T @ dz
        found["U"] += x[t].T @ dz
        found["b"] += dz.sum(0)
        found["x"][t] = dz @ U.T
        dh = dz @ W.T
    return {**found, "h0": dh}


def check(change=lambda found: None, **options):
    """Check the right backward pass with something changed."""

    def changed(**leaves):
        found = backward(**leaves)
        change(found)
        return found

    check_backward(recurrence(), changed, steps=T, **options)


def shares(graph, name, feeds):
    """What each step adds to a parameter's gradient."""
    lifted = tg.every_step(graph[name])
    return tg.evaluate(tg.grad(graph["loss"], lifted), feeds)


def feeds():
    return {"x": RNG.normal(size=(T, ROWS, 2)), "h0": np.ones((ROWS, 4))}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_one_passes(dtype):
    check_backward(recurrence(dtype), backward, forward=forward, steps=T)
    check_backward(recurrence(dtype), backward, feeds(), forward=forward)


def test_a_forward_pass_that_computes_something_else():
    with pytest.raises(tg.LawError, match="the value of 'loss' by hand is"):
        check_backward(
            recurrence(), backward, forward=lambda **leaves: 2 * forward(**leaves)
        )


def test_entry_and_number_are_named():
    def change(found):
        found["W"][2, 1] += 0.5

    with pytest.raises(
        tg.LawError,
        match=r"gradient of 'W' by hand is wrong at \(2, 1\)\n"
        r"  by hand \S+, by the graph \S+: off by 0.5 \(1 of 16 entries differ\)$",
    ) as caught:
        check(change)
    assert caught.value.index == (2, 1)
    assert caught.value.node.label == "W"


def test_the_step_where_the_fault_begins_is_named():
    def change(found):
        found["x"][:4, 1] *= np.arange(2, 6)[:, np.newaxis]

    with pytest.raises(
        tg.LawError, match=r"'x' by hand is wrong at step 3, entry \(1, 0"
    ):
        check(change)
    with pytest.raises(tg.LawError, match="Right at steps 4 to 5: .* begins at step 3"):
        check(change)


HINTS = {
    "It has the wrong sign": lambda found: found.update(W=-found["W"]),
    "It is the transpose": lambda found: found.update(W=found["W"].T.copy()),
    "the transpose of what": lambda found: found.update(U=found["U"].T),
    "It is 3 times": lambda found: found.update(b=3 * found["b"]),
    "Its steps stand in the reverse": lambda found: found.update(x=found["x"][::-1]),
    "one step too late": lambda found: found.update(x=np.roll(found["x"], 1, 0)),
    "one step too early": lambda found: found.update(x=np.roll(found["x"], -1, 0)),
    "has the shape of the value": lambda found: found.update(b=np.zeros(7)),
    "Not all of it is finite": lambda found: found.update(b=found["b"] + np.nan),
    "Right at step 5: .* step 4": lambda found: found["x"][:5].fill(0.1),
}


@pytest.mark.parametrize("said", HINTS)
def test_what_it_looks_like_is_said(said):
    with pytest.raises(tg.LawError, match=said):
        check(HINTS[said])


def test_a_sum_over_the_batch_that_is_missing():
    def unsummed(x, w, dy):
        return dy * w, dy * x

    with pytest.raises(tg.LawError, match=r"'w' \(argument 1\).*\nSummed over"):
        check_vjp(lambda x, w: x * w, np.ones((3, 4)), np.ones(4), backward=unsummed)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(-1, "step 0 adds to it is missing"), (1, "step 0 adds to it is counted twice")],
)
def test_a_step_that_is_missing_or_counted_twice(factor, said):
    graph, fed = recurrence(), feeds()
    first = shares(graph, "W", fed)[0]

    def wrong(**leaves):
        found = backward(**leaves)
        return {**found, "W": found["W"] + factor * first}

    with pytest.raises(tg.LawError, match=said):
        check_backward(graph, wrong, fed)


def test_the_last_step_instead_of_all():
    graph, fed = recurrence(), feeds()
    last = shares(graph, "W", fed)[-1]
    with pytest.raises(tg.LawError, match=f"what step {T - 1} alone adds"):
        check_backward(graph, lambda **leaves: {**backward(**leaves), "W": last}, fed)


@pytest.mark.parametrize(
    ("time", "place"),
    [(None, "by hand is wrong\n"), ("t", "by hand is wrong at step 2\n")],
)
def test_scalars_have_no_entries(time, place):
    leaf = tg.sequence if time else tg.placeholder
    x = leaf("x", (), "float64")
    loss = tg.sum_over_time(tg.square(x)) if time else tg.square(x)
    graph = tg.Graph({"loss": loss})
    check_backward(graph, lambda x: {"x": 2 * x})
    with pytest.raises(tg.LawError, match=place):
        check_backward(graph, lambda x: {"x": 2 * x + 1})


def test_gradients_that_are_missing_or_have_no_leaf():
    with pytest.raises(tg.TinygraphError, match="no gradient of 'W', but of U; wrt="):
        check_backward(recurrence(), lambda **leaves: {"U": 0})
    with pytest.raises(tg.TinygraphError, match="gradient of 'V'; the float leaves of"):
        check_backward(recurrence(), lambda **leaves: {"V": 0}, wrt=[])
    with pytest.raises(tg.TinygraphError, match="must return a dict of name"):
        check_backward(recurrence(), lambda **leaves: 3)


def test_only_what_is_asked_for():
    def only_b(**leaves):
        return {"b": backward(**leaves)["b"]}

    check_backward(recurrence(), only_b, wrt=["b"])


def cell(x, h, W):
    """Two results of one function."""
    after = tg.tanh(x + h @ W)
    return after, after * x


def cell_by_hand(x, h, W, d_after, d_out):
    after = np.tanh(x + h @ W)
    dz = (d_after + d_out * x) * (1 - after**2)
    return dz + d_out * after, dz @ W.T, h.T @ dz


ARRAYS = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(4, 4))


def test_a_cell_of_several_results():
    def ahead(x, h, W):
        return np.tanh(x + h @ W), np.tanh(x + h @ W) * x

    check_vjp(cell, *ARRAYS, backward=cell_by_hand, forward=ahead)
    with pytest.raises(tg.LawError, match="the value of 'result 1' by hand is"):
        check_vjp(cell, *ARRAYS, forward=lambda x, h, W: (np.tanh(x + h @ W), x))


def test_the_argument_of_a_cell_is_named():
    def wrong(*given):
        dx, dh, dW = cell_by_hand(*given)
        return dx, dh, -dW

    with pytest.raises(tg.LawError, match=r"'W' \(argument 2\).*\n.*\nIt has the"):
        check_vjp(cell, *ARRAYS, backward=wrong)


def test_values_per_step():
    def doubled_before(x, dy):
        return np.concatenate([2 * (2 * x * dy)[:2], (2 * x * dy)[2:]])

    x = RNG.normal(size=(5, 2))
    check_vjp(tg.square, x, time="t", backward=lambda x, dy: 2 * x * dy)
    said = "wrong at step 1, entry .*\n.*\nRight at steps 2 to 4"
    with pytest.raises(tg.LawError, match=said):
        check_vjp(tg.square, x, time="t", backward=doubled_before)


def test_a_number_of_results_that_is_wrong():
    with pytest.raises(tg.TinygraphError, match="argument, 3 in all .* returns 2"):
        check_vjp(cell, *ARRAYS, backward=lambda *given: cell_by_hand(*given)[:2])


def test_ints_are_held_fixed():
    def looked_up(table, index):
        return tg.take(table, index, axis=0)

    def by_hand(table, index, dy):
        found = np.zeros_like(table)
        np.add.at(found, index, dy)
        return found, None

    check_vjp(looked_up, np.ones((4, 2)), np.array([1, 1, 3]), backward=by_hand)
