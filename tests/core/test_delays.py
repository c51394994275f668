"""The delay: every k, every kind of slot, types and rules, by hand-written loops."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, close, refused, value

LINE = r"test_delays\.py:\d+"
SHIFTS = [1, 2, 3, 7, -1, -2, -3, -7]


def shifted(source, k, slots):
    """y[t] = source[t - k] if that step exists, else a slot; slots in time order."""
    total = len(source)
    rows = []
    for t in range(total):
        if 0 <= t - k < total:
            rows.append(source[t - k])
        else:
            rows.append(slots[t if k > 0 else t - k - total])
    return np.array(rows, source.dtype)


@pytest.fixture
def xs():
    return np.arange(1.0, 11.0).reshape(5, 2)


@pytest.mark.parametrize("k", SHIFTS)
def test_a_plain_shift_with_every_kind_of_slot(k, xs):
    x = tg.sequence("x", (2,), F64)
    history = -np.arange(1.0, 2 * abs(k) + 1).reshape(abs(k), 2)
    h0 = tg.placeholder("h0", (2,), F64)
    edge = xs[0] if k > 0 else xs[-1]
    cases = {
        "zeros": (tg.delay(source=x, steps=k), np.zeros(2)),
        "scalar": (tg.delay(source=x, steps=k, init=3), np.full(2, 3.0)),
        "array": (tg.delay(source=x, steps=k, init=np.array([5.0, 6.0])), [5.0, 6.0]),
        "broadcast": (tg.delay(source=x, steps=k, init=np.array([4.0])), [4.0, 4.0]),
        "placeholder": (tg.delay(source=x, steps=k, init=h0 * 2), [14.0, 16.0]),
        "replicate": (tg.delay(source=x, steps=k, init=tg.REPLICATE), edge),
    }
    for node, slot in cases.values():
        wanted = shifted(xs, k, np.broadcast_to(slot, (abs(k), 2)))
        feeds = {"x": xs}
        if h0 in tg.Graph(node).nodes:
            feeds["h0"] = np.array([7.0, 8.0])
        close(value(node, feeds), wanted)
    kept = tg.delay(source=x, steps=k, history=history)
    close(value(kept, {"x": xs}), shifted(xs, k, history))


@pytest.mark.parametrize("k", SHIFTS)
@pytest.mark.parametrize("total", [1, 2, 5])
def test_a_loop_with_history(k, total):
    """y[t] = x[t] + y[t - k] / 2, in the order the delay asks for."""
    x = tg.sequence("x", (), F64)
    slots = np.arange(1.0, abs(k) + 1)
    history = tg.placeholder("history", (abs(k),), F64)
    before = tg.delay("before", steps=k, history=history)
    y = x + before * 0.5
    before.close(y)
    feed = np.arange(10.0, 10.0 + total)
    wanted = np.zeros(total)
    for t in range(total) if k > 0 else reversed(range(total)):
        seen = (
            wanted[t - k]
            if 0 <= t - k < total
            else slots[t if k > 0 else t - k - total]
        )
        wanted[t] = feed[t] + seen / 2
    close(value(y, {"x": feed, "history": slots}), wanted)


def test_replicate_beside_a_loop():
    """REPLICATE within a loop that another delay makes legal."""
    x = tg.sequence("x", (), F64)
    before = tg.delay("before", shape=(), dtype=F64, init=1.0)
    y = x + before
    late = tg.delay("late", source=y, steps=2, init=tg.REPLICATE)
    before.close(y * 0.5 + late)
    feed, wanted = np.array([1.0, 2.0, 3.0, 4.0]), []
    state = 1.0
    for t, step in enumerate(feed):
        wanted.append(step + state)
        state = wanted[t] / 2 + (wanted[t - 2] if t >= 2 else wanted[0])
    close(value(y, {"x": feed}), wanted)


def test_delays_in_a_row_add_up(xs):
    x = tg.sequence("x", (2,), F64)
    row = tg.delay(source=tg.delay(source=x, steps=2), steps=1)
    close(value(row, {"x": xs}), shifted(xs, 3, np.zeros((3, 2))))
    there_and_back = tg.delay(source=tg.delay(source=x, steps=2), steps=-2)
    close(value(there_and_back, {"x": xs})[:3], xs[:3])


def test_self_loop_and_a_static_source():
    still = tg.delay("still", init=np.array([1.0, 2.0]))
    still.close(still)
    close(value(still, steps=3), [[1.0, 2.0]] * 3)
    w = tg.parameter("W", np.array([4.0, 5.0]))
    close(
        value(tg.delay(source=w, init=1.0), steps=3), [[1.0, 1.0], [4.0, 5.0], [4, 5]]
    )
    close(value(tg.delay(source=2.0, shape=(2,)), steps=2), [[0.0, 0.0], [2.0, 2.0]])
    close(value(tg.delay(source=2.0), steps=2), [0.0, 2.0])


def test_fibonacci_in_integers():
    a = tg.delay("a", init=0, shape=(), dtype="int64")
    b = tg.delay("b", init=1, shape=(), dtype="int64")
    a.close(b)
    b.close(a + b)
    found = value(a, steps=10)
    assert found.dtype == np.int64
    assert found.tolist() == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]


def test_fed_back_tokens_and_flags():
    """argmax of a table row chooses the next row; a bool remembers token 0."""
    table = tg.parameter("table", np.roll(np.eye(3, dtype=F32), 1, axis=1))
    token = tg.delay("token", init=2, shape=(), dtype="int64")
    token.close(tg.argmax(tg.take(table, token, axis=0), 0))
    seen = tg.delay("seen", init=False, shape=(), dtype="bool")
    seen.close(seen | tg.equal(token, 0))
    assert value(token, steps=5).tolist() == [2, 0, 1, 2, 0]
    assert value(seen, steps=4).tolist() == [False, False, True, True]


TYPES = {
    "scalar init": ({"shape": ("batch", 4)}, "float32[batch, 4]"),
    "dtype": ({"shape": (), "dtype": "float64"}, "float64[]"),
    "int": ({"shape": (2,), "dtype": "int32"}, "int32[2]"),
    "array init": ({"init": np.ones((2, 3))}, "float64[2, 3]"),
    "wider shape": ({"init": np.ones(3, F32), "shape": (2, 3)}, "float32[2, 3]"),
    "wider dtype": ({"init": np.ones(3, F32), "dtype": "float64"}, "float64[3]"),
    "history": ({"history": np.ones((2, 3)), "steps": 2}, "float64[3]"),
    "replicate": ({"init": tg.REPLICATE, "shape": (3,)}, "float32[3]"),
}


@pytest.mark.parametrize("name", TYPES)
def test_the_type_of_an_open_delay(name):
    options, wanted = TYPES[name]
    made = tg.delay("d", **options)
    assert (str(made.type), made.time, made.is_open) == (wanted, "t", True)
    assert tg.delay(**options, time="target").time == "target"


def test_a_delay_of_a_source_takes_its_type_and_axis():
    x = tg.sequence("x", ("batch", 2), "int32", time="target")
    made = tg.delay(source=x, steps=-2)
    assert made.type == x.type
    assert (made.steps, made.outside, made.source, made.is_open) == (
        -2,
        "init",
        x,
        False,
    )
    assert made.kind == made.outside
    assert tg.delay(source=x, init=tg.REPLICATE).slot is None
    assert made.slot.type.dtype == np.int32


REFUSED = {
    "steps 0": (
        {"steps": 0, "shape": ()},
        tg.DelayError,
        "delay 'd': steps=0 is no delay. Use the node itself, or steps=1",
    ),
    "half a step": (
        {"steps": 0.5, "shape": ()},
        tg.DelayError,
        "must be an int, not 0.5",
    ),
    "no shape": (
        {},
        tg.ShapeError,
        r"delay 'd': a scalar init says no shape: give shape=..., for example",
    ),
    "REPLICATE without shape": (
        {"init": tg.REPLICATE},
        tg.ShapeError,
        "init=REPLICATE says no shape",
    ),
    "init per step": (
        {"init": tg.sequence("x")},
        tg.DelayError,
        "init and history hold one value in all, but 'x' has one per step of 't'. Use "
        "tg.first",
    ),
    "init of another shape": (
        {"init": np.ones(3, F32), "shape": (4,)},
        tg.ShapeError,
        r"delay 'd': init has shape \(3,\), which does not broadcast to .* \(4,\)",
    ),
    "init of more axes": (
        {"init": np.ones((2, 4), F32), "shape": (4,)},
        tg.ShapeError,
        r"init has shape \(2, 4\), which does not broadcast",
    ),
    "init of a wider dtype": (
        {"init": np.ones(3), "dtype": "float32"},
        tg.DTypeError,
        r"delay 'd' is float32, but its init or history is float64: cast it with "
        r"tg.cast\(init, 'float32'\), or give dtype='float64'",
    ),
    "half an int": (
        {"init": 0.5, "shape": (), "dtype": "int32"},
        tg.DTypeError,
        "is int32, but its init",
    ),
    "2 is no bool": (
        {"init": 2, "shape": (), "dtype": "bool"},
        tg.DTypeError,
        "is bool",
    ),
    "short history": (
        {"history": np.ones((2, 3)), "steps": 3},
        tg.ShapeError,
        r"history has shape \(2, 3\), wanted \(3, 3\): 3 values in time order",
    ),
    "history and init": (
        {"history": np.ones((1, 3)), "init": np.ones(3)},
        tg.DelayError,
        "delay 'd': init and history both say",
    ),
    "no axis": (
        {"shape": (), "time": None},
        tg.TinygraphError,
        "a time axis needs a non-",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    options, kind, pattern = REFUSED[name]
    refused(kind, pattern, tg.delay, "d", **options)


def test_a_name_is_a_string():
    refused(tg.TinygraphError, "a delay needs a non-empty name, not 3", tg.delay, 3)


CLOSING = {
    "shape": (tg.sequence("x", (2,)), tg.ShapeError),
    "dtype": (tg.sequence("x", (3,), F64), tg.DTypeError),
    "time axis": (tg.sequence("x", (3,), time="s"), tg.TimeAxisError),
}


@pytest.mark.parametrize("name", CLOSING)
def test_close_demands_equal_types(name):
    source, kind = CLOSING[name]
    before = tg.delay("d", shape=(3,))
    refused(
        kind,
        rf"delay 'd' is float32\[3\] \(per step of 't'\), made at {LINE}, but its "
        rf"source 'x' is .* \(per step of '.'\), made at {LINE}. The types must be e",
        before.close,
        source,
    )
    assert before.is_open


def test_a_scalar_source_never_loses_its_value():
    whole = tg.delay("d", shape=(), dtype="int32")
    pattern = r"delay 'd' is int32\[\].* but its source 'constant' is float64\[\]"
    refused(tg.DTypeError, pattern, whole.close, 0.5)
    assert value(whole.close(True), steps=2).tolist() == [0, 1]
    flag = tg.sequence("flag", (), "bool")
    chosen = tg.where(flag, 0.1, 0)
    wide = tg.delay(init=1.0, shape=(), dtype=F64).close(chosen)
    assert value(wide, {"flag": [True, False, True]}).tolist() == [1.0, 0.1, 0.0]


def test_close_is_the_only_mutation():
    before = tg.delay("d", shape=())
    assert before.close(1.0) is before
    assert not before.is_open
    with pytest.raises(
        AttributeError, match="a node is immutable: cannot set 'is_open'"
    ):
        before.is_open = True
