"""What the layers take and refuse: every error names the argument."""

import json

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import (
    GRU,
    LSTM,
    ConfigError,
    DataError,
    Embedding,
    EncoderDecoder,
    LanguageModel,
    Linear,
    MaskError,
    ProjectedLSTM,
    Recurrent,
    dropout,
    label_smoothing,
    pad_sequences,
    sequence_mask,
)
from tinygraph_rnn.layers.dense import TiedLinear
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.optimizers.clipping import clip_gradient

RNG = np.random.default_rng(0)
X = tg.sequence("x", ("batch", 3))
FLAGS = tg.sequence("flags", ("batch", 3), "bool")


def own(feature_axes=1, **options):
    return Recurrent(
        lambda x, s: (s["h"] + x, {"h": s["h"] + x}),
        {"h": 3},
        feature_axes=feature_axes,
        **options,
    )


@pytest.mark.parametrize("layer", [LSTM(3, 3, rng=RNG), own()])
def test_an_array_instead_of_a_node(layer):
    message = f"{layer.name}: x must be a node with one value per step, .*not ndarray"
    for options in ({}, {"lengths": [1, 2]}):
        with pytest.raises(tg.TimeAxisError, match=message):
            layer(np.ones((4, 2, 3)), **options)


@pytest.mark.parametrize("rng", [None, 5, np.random.RandomState(0)])
@pytest.mark.parametrize("make", [LSTM, Linear, Embedding])
def test_what_is_no_generator(make, rng):
    with pytest.raises(ConfigError, match="rng must be a NumPy generator, .*not "):
        make(3, 3, rng=rng)


@pytest.mark.parametrize("dtype", ["int32", "bool", "foo", "complex64", None, 3])
def test_weights_are_floats(dtype):
    embedding = Embedding(3, 3, rng=RNG)
    for make in (
        lambda: LSTM(3, 4, rng=RNG, dtype=dtype),
        lambda: TiedLinear(embedding, dtype=dtype),
        lambda: own(dtype=dtype, zoneout=0.1),
    ):
        with pytest.raises(ConfigError, match="dtype must be a float type, .*not "):
            make()


@pytest.mark.parametrize("dtype", ["foo", "complex64", "U1", None])
def test_states_are_numbers_or_bools(dtype):
    message = "dtype must be a float, integer or bool type, .*not "
    with pytest.raises(ConfigError, match=message):
        own(dtype=dtype)


@pytest.mark.parametrize("init", [0.0, [0.0], [X], 5, X])
def test_initial_states_that_are_no_lists(init):
    message = r"init must hold \(h\) for each of 1 layers of gru, .*as \[\[h\]\], not "
    with pytest.raises(ConfigError, match=message):
        GRU(3, 4, rng=RNG)(X, init)


def test_initial_states_that_are_no_dict():
    message = "init must be a dict of the first values of recurrent's states h, not a "
    with pytest.raises(ConfigError, match=message):
        own()(X, (0.0,))


def test_numbers_of_numpy():
    """A float64 rate makes no float64 of float32 layers."""
    for rate in (np.float32(0.25), np.float64(0.25)):
        layer = ProjectedLSTM(
            *(np.int64(3), np.int32(4), np.uint8(2)),
            proj_size=np.int64(2),
            rng=RNG,
            dropout=rate,
            zoneout=rate,
            weight_drop=rate,
        )
        assert layer(X).type == tg.sequence("h", ("batch", 2)).type
        assert dropout(X, rate, name="d").dtype == "float32"
        labels = tg.sequence("labels", ("batch",), "int32")
        assert label_smoothing(X, labels, rate).dtype == "float32"
    assert own(np.int64(1))(X).shape == ("batch", 3)
    for limit in (np.float32(0.5), np.float64(0.5)):
        loss = tg.sum_over_time(tg.sum(clip_gradient(X, limit)))
        assert tg.grad(loss, [X])[0].dtype == "float32"


@pytest.mark.parametrize("size", [np.float32(2), np.bool_(True), np.int64(0)])
def test_numbers_of_numpy_that_are_no_sizes(size):
    with pytest.raises(ConfigError, match="hidden_size must be an int >= 1, not "):
        LSTM(3, size, rng=RNG)


@pytest.mark.parametrize("rate", [np.float32(1.0), np.float64("nan"), np.bool_(False)])
def test_numbers_of_numpy_that_are_no_rates(rate):
    with pytest.raises(ConfigError, match=r"input_dropout must be in \[0, 1\), not "):
        LanguageModel(3, hidden_size=3, rng=RNG, input_dropout=rate)


@pytest.mark.parametrize("token", ["a", 1.5, -1, None])
def test_start_tokens(token):
    with pytest.raises(ConfigError, match="start_token must be an int >= 0, not "):
        EncoderDecoder(4, 4, 3, start_token=token, rng=RNG)


def test_more_feature_axes_than_axes():
    message = r"feature_axes must be at most the 2 axes of x: float32\[batch, 3\].* 5"
    with pytest.raises(ConfigError, match=message):
        own(5)(X)
    message = r"returned for state 'h' .*with feature_axes=2 a state begins with the "
    with pytest.raises(ConfigError, match=message + r"axes \(\) of float32\[batch, 3"):
        own(2)(X)


@pytest.mark.parametrize("layer", [LSTM(3, 3, rng=RNG), own()])
@pytest.mark.parametrize("option", ["mask", "continues"])
def test_flags_with_axes_of_features(layer, option):
    message = f"{option} must be a node, .*one flag per row .*not flags: bool.batch, 3"
    with pytest.raises(MaskError, match=message):
        layer(X, **{option: FLAGS})


def test_lengths_with_axes_of_features():
    lengths = tg.placeholder("lengths", ("batch", 3), "int64")
    with pytest.raises(MaskError, match="lengths must be one per row of x: float32"):
        own()(X, lengths=lengths)


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_an_input_wider_than_the_layer(dtype):
    x = tg.sequence("x", ("batch", 3), dtype)
    message = rf"lstm: x: {dtype}.batch, 3., .* of dtype float32: use tg.cast\(x, 'f"
    with pytest.raises(tg.DTypeError, match=message):
        LSTM(3, 4, rng=RNG)(x)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([[1], [1, 2]], "lengths must be ints on one axis, not lists of different"),
        (["a"], "lengths must be ints on one axis, not <U1"),
        ([1.5, 2.0], "lengths must be ints on one axis, not float64"),
    ],
)
def test_lengths_that_are_no_ints(lengths, message):
    for call in (
        lambda: LSTM(3, 3, rng=RNG)(X, lengths=lengths),
        lambda: sequence_mask(lengths, 4),
    ):
        with pytest.raises(MaskError, match=message):
            call()


def test_any_iterable_is_padded():
    padded, lengths = pad_sequences(range(n) for n in (2, 3))
    np.testing.assert_array_equal(padded, [[0, 0], [1, 1], [0, 2]])
    np.testing.assert_array_equal(lengths, [2, 3])


@pytest.mark.parametrize(
    ("sequences", "want"),
    [
        ([[1, 2], [0.5]], [[1.0, 0.5], [2.0, 0.0]]),
        ([[], [1, 2]], [[0, 1], [0, 2]]),
        ([np.ones(1, "int8"), np.ones(1, "int32")], np.ones((1, 2), "int32")),
        ([[], []], np.zeros((0, 2))),
    ],
)
def test_dtypes_of_rows_are_promoted(sequences, want):
    padded, _ = pad_sequences(sequences)
    np.testing.assert_array_equal(padded, np.array(want), strict=True)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([1, 2], "row 0 must be an array or list of steps, not 1"),
        ([[1], 2], "row 1 must be an array or list of steps, not 2"),
        ([[1], np.ma.array([2], mask=True)], "row 1 is a masked array, whose mask"),
        ([[1], [[1], [1, 2]]], "the steps of row 1 differ in shape"),
        (5, "sequences must be a list of arrays, not 5"),
        (iter(()), "sequences is empty"),
    ],
)
def test_what_cannot_be_padded(sequences, message):
    with pytest.raises(DataError, match=message):
        pad_sequences(sequences)


def test_settings_of_numpys_numbers_are_stored_as_pythons():
    facts = Config(hidden_size=np.int64(4), dropout=np.float64(0.25)).as_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert Config.from_facts(facts).hidden_size == 4
