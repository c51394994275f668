"""open_loop and close_loop: teacher forcing, free running, and back."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, close, refused, values

XS = np.array([0.3, -0.5, 0.8, 0.2])


def model(steps=1):
    x, w = tg.sequence("x", (), F64), tg.parameter("w", np.array(0.7))
    before = tg.delay("before", steps=steps, init=tg.parameter("h0", np.array(0.4)))
    h = tg.tanh(x + w * before, name="h")
    before.close(h)
    return tg.Graph({"h": h, "loss": tg.sum_over_time(h * h)})


def test_teacher_forcing_reads_the_given_values():
    """Shift and init stay: step t sees the truth of step t - 1."""
    graph = model()
    truth = tg.sequence("truth", (), F64)
    forced = tg.open_loop(graph, "before", truth)
    given = np.array([9.0, -1.0, 0.5, 100.0])
    found = values(forced, {"x": XS, "truth": given})
    close(found["h"], np.tanh(XS + 0.7 * np.array([0.4, 9.0, -1.0, 0.5])))
    assert forced.delay("before").source is truth
    assert forced["x"] is graph["x"]


def test_forced_with_its_own_outputs_nothing_changes():
    graph = model(steps=2)
    forced = tg.open_loop(graph, graph.delay("before"), tg.sequence("truth", (), F64))
    free = values(graph, {"x": XS})
    found = values(forced, {"x": XS, "truth": free["h"]})
    close(found["h"], free["h"])
    close(found["loss"], free["loss"])


def test_an_open_loop_has_no_cycle_and_no_gradient_through_time():
    graph = model()
    forced = tg.open_loop(graph, "before", tg.sequence("truth", (), F64))
    w = forced["w"]
    assert w is graph["w"]
    given = np.array([0.1, 0.2, 0.3, 0.4])
    gradient = {"dw": tg.grad(forced["loss"], w), "loss": forced["loss"]}
    seen = np.array([0.4, 0.1, 0.2, 0.3])
    hs = np.tanh(XS + 0.7 * seen)
    found = values(gradient, {"x": XS, "truth": given})
    close(found["dw"], (2 * hs * (1 - hs**2) * seen).sum())


def test_close_loop_is_the_inverse():
    graph = model()
    forced = tg.open_loop(graph, "before", tg.sequence("truth", (), F64))
    closed = tg.close_loop(forced, "before", forced["h"])
    assert [leaf.label for leaf in closed.leaves] == [g.label for g in graph.leaves]
    assert len(closed) == len(graph)
    wanted, found = values(graph, {"x": XS}), values(closed, {"x": XS})
    close(found["h"], wanted["h"])
    assert closed.delay("before").source is closed["h"]


def test_free_running_on_a_plain_shift():
    """A network trained on next values becomes a generator."""
    x = tg.sequence("x", (), F64)
    late = tg.delay("late", source=x, init=0.5)
    guess = tg.sin(late * 2.0, name="guess")
    running = tg.close_loop(tg.Graph({"guess": guess}), "late", guess)
    assert running.sequences == []
    state, wanted = 0.5, []
    for _ in range(4):
        state = np.sin(2 * state)
        wanted.append(state)
    close(values(running, steps=4)["guess"], wanted)


def test_a_static_source_is_met_at_every_step():
    forced = tg.open_loop(model(), "before", tg.placeholder("fixed", (), F64))
    found = values(forced, {"x": XS, "fixed": 2.0})
    close(found["h"], np.tanh(XS + 0.7 * np.array([0.4, 2.0, 2.0, 2.0])))


def inner(graph):
    return tg.tanh(graph["h"])


REFUSED = {
    "no such delay": (
        lambda g: tg.open_loop(g, "after", tg.sequence("y", (), F64)),
        tg.UnknownNameError,
        "the graph has no delay 'after'; it has before",
    ),
    "another graph's delay": (
        lambda g: tg.open_loop(g, model().delay("before"), tg.sequence("y", (), F64)),
        tg.UnknownNameError,
        "the graph has no delay 'before'",
    ),
    "a source that depends on the delay": (
        lambda g: tg.open_loop(g, "before", inner(g)),
        tg.DelayError,
        r"open_loop: the source tanh: float64\[\] depends on delay 'before' itself; "
        "use tg.close_loop",
    ),
    "shape": (
        lambda g: tg.open_loop(g, "before", tg.sequence("y", (3,), F64)),
        tg.ShapeError,
        r"delay 'before' is float64\[\].*but its source 'y' is float64\[3\]",
    ),
    "dtype": (
        lambda g: tg.open_loop(g, "before", tg.sequence("y", (), F32)),
        tg.DTypeError,
        "delay 'before' is float64",
    ),
    "time": (
        lambda g: tg.open_loop(g, "before", tg.sequence("y", (), F64, time="s")),
        tg.TimeAxisError,
        "per step of 's'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    act, kind, pattern = REFUSED[name]
    refused(kind, pattern, act, model())


def test_a_loop_that_cannot_run_is_refused():
    x = tg.sequence("x", (), F64)
    ahead = tg.delay("ahead", steps=-1, source=x)
    back = tg.delay("back", source=ahead)
    graph = tg.Graph({"y": tg.tanh(back, name="y")})
    refused(
        tg.DelayFreeCycleError,
        "its delays add up to zero",
        lambda: tg.close_loop(graph, "ahead", graph["y"]),
    )
