"""Sizes are compared with memory before any is taken."""

import tracemalloc

import numpy as np
import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with
from tests.rnn.models.test_sampling import VOCABULARY, model, sampler
from tinygraph_rnn import BeamSearch, Config, ConfigError, LanguageModel
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.layers.recurrent import LAYERS
from tinygraph_rnn.models import memory_limits
from tinygraph_rnn.models.memory_limits import check_memory, memory


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden-size", "99999999999"], "hidden_size 99999999999 x num_layers 1"),
        (["--hidden-size", "9" * 30], "of memory, here are "),
        (["--num-layers", "1000000"], "num_layers must be at most 1000, not 1000000"),
        (["--num-layers", "999", "--hidden-size", "99999"], "x num_layers 999 with"),
        (["--batch-size", "99999999999"], "size 99999999999 x seq_length 8 needs"),
        (["--seq-length", "9" * 20], "seq_length 99999999999999999999 needs"),
    ],
)
def test_refused_in_one_line_and_at_once(tmp_path, capsys, arguments, message):
    tracemalloc.start()
    options = ["train", "--text", "text", *TINY, *arguments]
    try:
        fails_with(capsys, options, message)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("cell", LAYERS)
def test_the_weights_are_counted_as_they_are_made(monkeypatch, cell):
    """The bound lets through exactly the memory that is asked for."""
    config = Config(cell=cell, num_layers=2, hidden_size=6, dtype="float64")
    made = LanguageModel.of(config, 9, np.random.default_rng(0))
    weights = sum(node.attrs["value"].size for node in made.parameters)
    needed = 8 * (3 * weights + 32 * 64 * (9 + 6))
    monkeypatch.setattr(memory_limits, "memory", lambda: needed)
    check_memory(config, 9)
    monkeypatch.setattr(memory_limits, "memory", lambda: needed - 1)
    with pytest.raises(ConfigError, match="needs at least 1 GB of memory"):
        check_memory(config, 9)
    check_memory(config, 9, all_steps=False)


def test_a_vocabulary_too_large_for_its_model(monkeypatch):
    monkeypatch.setattr(memory_limits, "memory", lambda: 10**9)
    config = Config(hidden_size=1000, batch_size=1, seq_length=1)
    check_memory(config)
    with pytest.raises(ConfigError, match="with 100000 different tokens"):
        check_memory(config, 100_000)


def test_the_memory_of_this_machine(monkeypatch, tmp_path):
    assert 10**8 < memory() <= 2**50
    (tmp_path / "limit").write_text("12345678\n")
    (tmp_path / "none").write_text("max\n")
    limits = [str(tmp_path / name) for name in ("limit", "none", "missing")]
    monkeypatch.setattr(memory_limits, "_LIMITS", limits)
    assert memory() == 12345678


def test_beams_wider_than_memory(monkeypatch):
    made = model()
    search = BeamSearch(made, VOCABULARY, sampler(made).parameters)
    with pytest.raises(ConfigError, match="width 99999999999 needs at least .* GB of"):
        search.search(500, width=99999999999)
    assert len(search.search(2, width=99999999999)) == len(VOCABULARY) ** 2


def test_pictures_of_more_steps_than_anyone_looks_at(capsys):
    arguments = ["draw", "--output", "a.svg", "--steps", "99999999999"]
    fails_with(capsys, arguments, "--steps must be at most 1000, not 99999999999")


def test_no_check_stands_in_the_way_of_a_usual_model():
    arguments = ["--text", "text", "--output", "run", *TINY, "--updates", "1"]
    assert main(["train", *arguments]) == 0
