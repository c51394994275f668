"""Configuration, schedules, initialisers."""

import inspect
from dataclasses import dataclass, fields

import numpy as np
import pytest

from tinygraph_rnn import CheckpointError, Config, ConfigError, LanguageModel
from tinygraph_rnn.checking import check_positive
from tinygraph_rnn.cli.arguments import parser
from tinygraph_rnn.cli.options import option_name
from tinygraph_rnn.layers import initializers
from tinygraph_rnn.models.config import SETTINGS
from tinygraph_rnn.models.settings import declared, described, setting
from tinygraph_rnn.optimizers.schedules import SCHEDULES, warmed_up


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"cell": "gro"},
            "cell must be one of lstm, .*jordan, not 'gro' .did you mean 'gru'",
        ),
        ({"schedule": "steps"}, "schedule must be one of constant, cosine, linear"),
        ({"optimizer": "lion"}, "optimizer must be one of adam, .*, not 'lion'"),
        ({"hidden_size": 0}, "hidden_size must be an int >= 1, not 0"),
        ({"num_layers": -1}, "num_layers must be an int >= 1, not -1"),
        ({"seq_length": 2.5}, "seq_length must be an int >= 1, not 2.5"),
        ({"batch_size": True}, "batch_size must be an int >= 1, not True"),
        ({"updates": 0}, "updates must be an int >= 1, not 0"),
        ({"evaluate_every": 0}, "evaluate_every must be an int >= 1, not 0"),
        ({"seed": -1}, "seed must be an int >= 0, not -1"),
        ({"learning_rate": 0.0}, "learning_rate must be positive and finite, not 0.0"),
        ({"grad_clip": float("nan")}, "grad_clip must be positive and finite, not nan"),
        ({"held_out": 1.0}, r"held_out must be in \[0, 1\), not 1.0"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), not 1.0"),
        ({"zoneout": -0.5}, r"zoneout must be in \[0, 1\), not -0.5"),
        ({"tied": 1}, "tied must be true or false, not 1"),
        ({"learned_init": "yes"}, "learned_init must be true or false, not 'yes'"),
        ({"tokens": "word"}, r"tokens must be one of .* \(did you mean 'words'\?\)"),
        (
            {"vocabulary_size": 2, "tokens": "words"},
            "vocabulary_size must be 0 .all., or at least 3 of tokens 'words', not 2",
        ),
        ({"vocabulary_size": 99}, "vocabulary_size must be 0 .*not 99 of 'characters'"),
        ({"dtype": "float16"}, "dtype must be one of float32, float64, not 'float16'"),
        (
            {"held_out": 0.0, "patience": 3},
            "held_out must be above 0 for patience 3, which goes by what is held out",
        ),
        (
            {"held_out": 0.0, "schedule": "plateau"},
            "held_out must be above 0 for schedule 'plateau'",
        ),
        ({"stride": 65}, "stride must be at most seq_length 64, not 65"),
        ({"patience": -1}, "patience must be an int >= 0, not -1"),
        ({"weight_decay": -1.0}, "weight_decay must be >= 0 and finite, not -1.0"),
        ({"clip_value": -1.0}, "clip_value must be >= 0 and finite, not -1.0"),
        ({"seed": 2**32}, r"seed must be below 2\*\*32, not 4294967296"),
    ],
)
def test_each_bad_setting_is_named(setting, message):
    with pytest.raises(ConfigError, match=message):
        Config(**setting)


def wrong_for(default):
    """Values of other types than a setting's own, which TOML can hold."""
    wrong = ["0.1", [0.1], {"a": 1}]
    if not isinstance(default, bool):
        wrong.append(True)
    if not isinstance(default, float):
        wrong.append(0.5)
    return wrong


@pytest.mark.parametrize("setting", fields(Config), ids=lambda field: field.name)
def test_each_setting_of_another_type_is_named(setting):
    for value in wrong_for(setting.default):
        with pytest.raises(ConfigError, match=f"^{setting.name} must be"):
            Config(**{setting.name: value})


def test_all_is_read_off_the_one_declaration():
    """Option and default of the command line, documentation, argument of the model."""
    train = parser()._subparsers._group_actions[0].choices["train"]
    options = {action.dest: action for action in train._actions}
    signature = inspect.signature(LanguageModel).parameters
    assert list(SETTINGS) == [each.name for each in fields(Config)]
    for name, each in SETTINGS.items():
        default = getattr(Config(), name)
        each.check(name, default)
        assert option_name(name) in options[name].option_strings
        assert options[name].help.endswith(f"default: {default}")
        assert (options[name].choices or ()) == each.choices
        assert f"{name}: {each.help}" in Config.__doc__
        if each.of_model:
            assert signature[name].default == default
    own = {"vocabulary_size", "rng"}
    assert {name for name, each in SETTINGS.items() if each.of_model} == {
        name for name in signature if name not in own
    }


def test_a_setting_says_all_in_its_declaration():
    @described
    @dataclass(frozen=True)
    class Made:
        """A model.

        Raises:
            ConfigError: always.
        """

        size: float = setting(2.0, "how large, 0: as `depth`", check_positive)

    (only,) = declared(Made).values()
    only.check("size", Made().size)
    with pytest.raises(ConfigError, match="size must be positive and finite, not -1"):
        only.check("size", -1)
    assert inspect.getdoc(Made).splitlines() == [
        "A model.",
        "",
        "Attributes:",
        "    size: how large, 0: as `depth`.",
        "",
        "Raises:",
        "    ConfigError: always.",
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden_size": 0}, "hidden_size must be an int >= 1, not 0"),
        ({"cell": "gro"}, "cell must be one of lstm, .* .did you mean 'gru'"),
        ({"zoneout": 1.0}, r"zoneout must be in \[0, 1\), not 1.0"),
        ({"tied": 1}, "tied must be true or false, not 1"),
    ],
)
def test_the_model_checks_as_the_settings_of_a_run(wrong, message):
    with pytest.raises(ConfigError, match=message):
        LanguageModel(5, rng=np.random.default_rng(0), **wrong)


def test_settings_survive_a_checkpoint():
    config = Config(hidden_size=7, learning_rate=0.125)
    assert Config.from_facts(config.as_facts()) == config


def test_settings_that_were_saved_before_there_was_a_dtype():
    facts = Config().as_facts()
    del facts["dtype"]
    assert Config.from_facts(facts).dtype == "float32"


def test_settings_of_another_version():
    facts = {**Config().as_facts(), "attention": 0.5}
    with pytest.raises(CheckpointError, match="not those of this version: attention"):
        Config.from_facts(facts)


def test_settings_that_make_no_sense():
    facts = {**Config().as_facts(), "hidden_size": "many"}
    with pytest.raises(CheckpointError, match="hidden_size must be an int >= 1"):
        Config.from_facts(facts)


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("constant", [1, 1, 1]),
        ("linear", [1, 0.5, 0]),
        ("cosine", [1, 0.5, 0]),
        ("step", [1, 0.1, 0.01]),
        ("plateau", [1, 1, 1]),
    ],
)
def test_schedules(name, want):
    got = [SCHEDULES[name](done, []) for done in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(got, want, atol=1e-15)


def test_the_cosine_is_flat_at_both_ends():
    rate = SCHEDULES["cosine"]
    assert rate(0.1, []) > 1 - 0.1 > SCHEDULES["linear"](0.11, [])
    assert rate(0.9, []) < 1 - 0.9


def test_the_plateau_falls_where_nothing_is_gained():
    rate = SCHEDULES["plateau"]
    looks = [3.0, 2.0, 2.5, 2.0, 1.9]
    got = [rate(0.0, looks[:n]) for n in range(6)]
    assert got == [1, 1, 1, 1 / 4, 1 / 16, 1 / 16]


def test_warming_up():
    assert [warmed_up(done, 4) for done in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warmed_up(0, 0) == 1.0


@pytest.mark.parametrize("shape", [(6, 6), (6, 24), (6, 15), (9, 4)])
def test_orthogonal(shape):
    made = initializers.orthogonal(np.random.default_rng(0), shape)
    assert made.shape == shape
    size = min(shape)
    for block in np.split(made, range(size, shape[1], size), axis=1):
        width = block.shape[1]
        np.testing.assert_allclose(block.T @ block, np.eye(width), atol=1e-12)


def test_glorot_uniform():
    made = initializers.glorot_uniform(np.random.default_rng(0), (200, 400))
    assert np.abs(made).max() <= 0.1
    np.testing.assert_allclose(made.std(), 0.1 / np.sqrt(3), rtol=0.01)


def test_normal_and_uniform():
    rng = np.random.default_rng(0)
    np.testing.assert_allclose(
        initializers.normal(0.5)(rng, (10_000,)).std(), 0.5, rtol=0.02
    )
    made = initializers.uniform(0.5)(rng, (10_000,))
    assert 0.49 < made.max() <= 0.5
    assert -0.5 <= made.min() < -0.49
