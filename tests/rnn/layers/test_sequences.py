"""Rows of different lengths: padding changes nothing, and flags start a row anew."""

import functools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.rnn.layers.test_cells import B, H, I, made, spread
from tinygraph_rnn import (
    LAYERS,
    DataError,
    MaskError,
    masked_mean,
    pad_sequences,
    sequence_mask,
)

CLOSE = {"rtol": 0, "atol": 1e-12}
WAYS = [{}, {"reverse": True}, {"bidirectional": True}]


def compiled(layer, **options):
    """The output of a layer and the gradients of Σ ct·h by x and the weights."""
    x = tg.sequence("x", ("batch", I), "float64")
    ct = tg.sequence("ct", ("batch", layer.output_size), "float64")
    h = layer(x, **options)
    wrt = [x, *layer.parameters]
    found = tg.grad(tg.sum_over_time(tg.sum(h * ct)), wrt)
    outputs = {leaf.name: node for leaf, node in zip(wrt, found, strict=True)}
    return tg.compile({"h": h, **outputs})


@functools.cache
def padded_and_plain(kind, way):
    layer = made(kind, num_layers=2, residual=True, learned_init=True, **WAYS[way])
    values = spread(layer)
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    functions = compiled(layer, lengths=lengths), compiled(layer)
    for each in functions:
        each.parameters.update(values)
    return layer, *functions


@given(
    kind=st.sampled_from(list(LAYERS)),
    way=st.sampled_from(range(3)),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    more=st.integers(0, 3),
    padding=st.sampled_from([0.0, 1e6, np.inf, np.nan]),
    seed=st.integers(0, 99),
)
def test_padding_never_changes_a_value_or_a_gradient(
    kind, way, lengths, more, padding, seed
):
    """Rows side by side, padded with anything, equal each row on its own."""
    layer, padded, plain = padded_and_plain(kind, way)
    rng = np.random.default_rng(seed)
    rows = [rng.normal(size=(length, I)) for length in lengths]
    xs, counted = pad_sequences([*rows, np.empty((0, I))], padding)
    xs = np.concatenate([xs, np.full((more, *xs.shape[1:]), padding)])[:, :-1]
    cts = rng.normal(size=(len(xs), len(rows), layer.output_size))
    got = padded({"x": xs, "ct": cts, "lengths": counted[:-1]})
    total = {p.name: 0.0 for p in layer.parameters}
    for place, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        at = np.s_[:length, place : place + 1]
        want = plain({"x": row[:, np.newaxis], "ct": cts[at]})
        for name in ("h", "x"):
            np.testing.assert_allclose(got[name][at], want[name], **CLOSE)
            assert not got[name][length:, place].any()
        total = {name: total[name] + want[name] for name in total}
    for name, gradient in total.items():
        np.testing.assert_allclose(got[name], gradient, rtol=0, atol=1e-11)


@pytest.mark.parametrize("way", [0, 1, 2])
@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_a_row_that_starts_anew(kind, way):
    """Two sequences in one row, the flag between them: each as on its own."""
    layer = made(kind, learned_init=True, **WAYS[way])
    flags = tg.sequence("continues", ("batch",), "bool")
    values, rng = spread(layer), np.random.default_rng(0)
    whole, plain = compiled(layer, continues=flags), compiled(layer)
    for each in (whole, plain):
        each.parameters.update(values)
    xs = rng.normal(size=(7, 2, I))
    cts = rng.normal(size=(7, 2, layer.output_size))
    goes_on = np.ones((7, 2), bool)
    goes_on[3, 0] = goes_on[5, 1] = False
    got = whole({"x": xs, "ct": cts, "continues": goes_on})
    total = dict.fromkeys(values, 0.0)
    for row, cut in ((0, 3), (1, 5)):
        for steps in (slice(0, cut), slice(cut, 7)):
            at = steps, slice(row, row + 1)
            want = plain({"x": xs[at], "ct": cts[at]})
            for name in ("h", "x"):
                np.testing.assert_allclose(got[name][at], want[name], **CLOSE)
            total = {name: total[name] + want[name] for name in total}
    for name, gradient in total.items():
        np.testing.assert_allclose(got[name], gradient, rtol=0, atol=1e-11)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_nothing_gets_past_a_flag(padded, reverse):
    """Not by zoneout, which keeps units, and not where the flag stands in padding."""
    layer = made("lstm", zoneout=0.5, reverse=reverse)
    flags = tg.sequence("continues", ("batch",), "bool")
    mask = tg.sequence("mask", ("batch",), "bool")
    run = compiled(layer, continues=flags, mask=mask)
    xs, goes_on, counts = np.ones((8, 1, I)), np.ones((8, 1), bool), np.ones((8, 1))
    goes_on[4] = False
    counts[4] = not padded
    feeds = {
        "continues": goes_on,
        "mask": counts.astype(bool),
        "ct": np.ones((8, 1, H)),
    }
    other = xs.copy()
    before, after = (np.s_[4:], np.s_[:4]) if reverse else (np.s_[:4], np.s_[4:])
    other[before] = 7.0
    one, two = run({"x": xs, **feeds}), run({"x": other, **feeds})
    np.testing.assert_array_equal(one["h"][after], two["h"][after])
    assert (one["h"][before] != two["h"][before]).any()


def test_the_last_state_is_that_of_each_rows_own_end():
    """Many to one: `tg.last` of a state, whatever the lengths."""
    layer = made("lstm")
    x = tg.sequence("x", ("batch", I), "float64")
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    h, states = layer.forward(x, lengths=lengths)
    ends = {"h": tg.last(states[0][0]), "c": tg.last(states[0][1])}
    xs = np.random.default_rng(0).normal(size=(4, B, I))
    got = tg.compile({**ends, "out": h})({"x": xs, "lengths": np.array([2, 4])})
    np.testing.assert_array_equal(got["h"][0], got["out"][1, 0])
    np.testing.assert_array_equal(got["h"][1], got["out"][3, 1])


def test_one_to_many():
    """A static input at every step; the call says how many there are."""
    layer = made("gru")
    x0 = tg.placeholder("x0", ("batch", I), "float64")
    run = tg.compile({"h": layer(tg.every_step(x0))})
    fed = np.ones((B, I))
    assert run({"x0": fed}, steps=3)["h"].shape == (3, B, H)
    repeated = tg.compile({"h": layer(tg.sequence("x", ("batch", I), "float64"))})
    np.testing.assert_allclose(
        run({"x0": fed}, steps=3)["h"],
        repeated({"x": np.stack([fed] * 3)})["h"],
        **CLOSE,
    )


def test_masked_mean_counts_what_counts():
    values = tg.sequence("values", ("batch",), "float64")
    mask = tg.sequence("mask", ("batch",), "bool")
    run = tg.compile(masked_mean(values, mask))
    fed = np.array([[1.0, 2.0], [4.0, np.nan]])
    flags = np.array([[True, True], [True, False]])
    assert run({"values": fed, "mask": flags})["output"] == pytest.approx(7 / 3)
    assert run({"values": fed, "mask": np.zeros((2, 2), bool)})["output"] == 0.0


def test_padding_and_masks_of_arrays():
    padded, lengths = pad_sequences([[1, 2, 3], [4]], value=-1)
    np.testing.assert_array_equal(padded, [[1, 4], [2, -1], [3, -1]])
    np.testing.assert_array_equal(lengths, [3, 1])
    mask = sequence_mask(lengths, 4)
    np.testing.assert_array_equal(mask, np.arange(4)[:, None] < [3, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sequence_mask([2, 5], 4),
            "lengths: row 1 has length 5, but there are",
        ),
        (lambda: sequence_mask([-1], 4), "lengths: row 0 has length -1"),
        (
            lambda: sequence_mask([1.5], 4),
            r"lengths must be ints on one axis, not float64",
        ),
    ],
)
def test_wrong_lengths(call, message):
    with pytest.raises(MaskError, match=message):
        call()


def test_nothing_to_pad():
    with pytest.raises(DataError, match="sequences is empty"):
        pad_sequences([])
    with pytest.raises(
        DataError, match=r"sequences: row 1 has shape \(1, 1\), but one"
    ):
        pad_sequences([[1], [[2]]])


@pytest.mark.parametrize(
    ("rows", "value", "dtype"),
    [
        ([[1, 2]], 0.5, "int64"),
        ([[1, 2]], np.nan, "int64"),
        ([[1, 2]], "a", "int64"),
        ([np.zeros(2, "uint8")], 300, "uint8"),
        ([np.zeros(2, "uint8")], -1, "uint8"),
        ([[True]], 2, "bool"),
        ([np.zeros(2, "float32")], 1e300, "float32"),
    ],
)
def test_a_padding_that_the_dtype_lacks_is_refused(rows, value, dtype):
    wanted = re.escape(f"value={value!r} is no {dtype}")
    with pytest.raises(DataError, match=wanted):
        pad_sequences(rows, value)


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([[1], [1, 2]], -1.0),
        ([[True], [True, True]], 0),
        ([np.zeros(1, "float32"), np.zeros(2, "float32")], 0.1),
        ([[0.5], [1.0, 2]], np.nan),
        ([np.zeros(1, "uint8"), np.zeros(2, "uint8")], 255),
    ],
)
def test_a_padding_that_the_dtype_has_is_there(rows, value):
    padded, _ = pad_sequences(rows, value)
    assert padded.dtype == np.asarray(rows[1]).dtype
    np.testing.assert_allclose(padded[1, 0], value)


@pytest.mark.parametrize("length", [6, -1])
def test_lengths_beyond_the_steps_of_a_run(length):
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    run = compiled(made("rnn"), lengths=lengths)
    feeds = {"x": np.ones((5, 2, I)), "ct": np.ones((5, 2, H))}
    with pytest.raises(MaskError, match=f"lengths: row 1 has length {length}, but"):
        run({**feeds, "lengths": np.array([5, length])})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"lengths": tg.sequence("l", ("batch",), "int64")},
            "lengths must be ints, on",
        ),
        ({"lengths": tg.placeholder("l", ("batch",))}, "lengths must be ints, one in"),
        ({"mask": tg.sequence("m", ("batch",))}, "mask must be a node, bool per step"),
        (
            {"mask": tg.sequence("m", ("b",), "bool")},
            "mask must be a node, bool per step",
        ),
        ({"continues": tg.placeholder("c", ("batch",), "bool")}, "continues must be a"),
        ({"lengths": [1, 2]}, "lengths must be one per row of x: float64"),
        ({"mask": np.ones((3, 2), bool)}, "mask must be a node, .*, not ndarray"),
        (
            {"lengths": [1, 2], "mask": tg.sequence("m", ("batch",), "bool")},
            "lengths and mask both say",
        ),
    ],
)
def test_masks_that_do_not_fit(options, message):
    x = tg.sequence("x", ("batch", I), "float64")
    with pytest.raises(MaskError, match=message):
        made("rnn")(x, **options)
