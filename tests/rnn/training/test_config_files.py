"""Settings from TOML files, by library and by command line."""

import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with
from tinygraph_rnn import Config, ConfigError
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.config_files import read_config

FILE = """
updates = 4
[model]
cell = "gru"
hidden-size = 7      # dashes as on the command line
[training]
learning_rate = 1    # a whole number where a float is wanted
tied = true
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)
    (tmp_path / "run.toml").write_text(FILE)


def test_tables_dashes_and_whole_numbers():
    assert read_config("run.toml") == {
        "updates": 4,
        "cell": "gru",
        "hidden_size": 7,
        "learning_rate": 1.0,
        "tied": True,
    }


def test_options_go_before_the_file_and_the_file_before_defaults(tmp_path):
    arguments = ["train", "--text", "text", "--output", "run", *TINY]
    assert main([*arguments, "--config", "run.toml", "--no-tied"]) == 0
    facts = checkpoints.load(tmp_path / "run" / checkpoints.FILE_NAME).facts
    config = Config.from_facts(facts["config"])
    assert (config.cell, config.updates, config.learning_rate) == ("gru", 4, 1.0)
    assert (config.hidden_size, config.tied) == (8, False)
    assert config.schedule == Config().schedule


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hiden_size = 3", "unknown setting 'hiden_size' (did you mean 'hidden_size'"),
        ("[model]\nhidden = 3", "unknown setting 'hidden'"),
        ("colour = 3", "config 'bad.toml': unknown setting 'colour'"),
        ("cell = ", "config 'bad.toml' is no TOML"),
        ("updates = 1\n[t]\nupdates = 2", "says 'updates' twice"),
        ("cell = 'gro'", "cell must be one of lstm"),
        ("optimizer = 'adan'", "not 'adan' (did you mean 'adam'?)"),
        ("schedule = 'cosin'", "not 'cosin' (did you mean 'cosine'?)"),
        ("hidden_size = 0", "hidden_size must be an int >= 1, not 0"),
        ("hidden_size = 'many'", "hidden_size must be an int >= 1, not 'many'"),
        ("dropout = 1", "dropout must be in [0, 1), not 1.0"),
        ("learning_rate = 'fast'", "learning_rate must be positive and finite"),
        ("tied = 1", "tied must be true or false, not 1"),
        ("held_out = 'x'", "held_out must be in [0, 1), not 'x'"),
        ("weight_decay = '0.1'", "weight_decay must be >= 0 and finite, not '0.1'"),
        ("learning_rate = true", "learning_rate must be positive and finite, not True"),
        ("seed = 4294967296", "seed must be below 2**32, not 4294967296"),
    ],
)
def test_bad_files(tmp_path, capsys, content, message):
    (tmp_path / "bad.toml").write_text(content)
    arguments = ["train", "--text", "text", "--config", "bad.toml"]
    fails_with(capsys, arguments, message)


def test_a_file_that_is_not_there(capsys):
    fails_with(capsys, ["train", "--config", "no"], "cannot read the config 'no': No s")


def test_errors_are_the_librarys_own(tmp_path):
    (tmp_path / "bad.toml").write_text("lerning_rate = 1")
    with pytest.raises(ConfigError, match="did you mean 'learning_rate'"):
        read_config("bad.toml")
