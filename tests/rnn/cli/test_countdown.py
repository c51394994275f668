"""Progress of beams, and of what happens before training."""

import io
import time

import pytest

from tests.rnn.cli.test_cli import TEXT, TINY
from tests.rnn.cli.test_reporting import Clock, Terminal
from tests.rnn.models.test_sampling import VOCABULARY, model, sampler
from tinygraph_rnn import BeamSearch
from tinygraph_rnn.cli import countdown
from tinygraph_rnn.cli.countdown import Countdown
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training.terminal import announced


def test_quick_work_is_silent():
    for stream in (io.StringIO(), Terminal()):
        with Countdown(3, "tokens", stream) as report:
            for done in (1, 2, 3):
                report(done)
        assert stream.getvalue() == ""


def test_lines_in_a_log_file(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(countdown, "time", clock)
    stream = io.StringIO()
    with Countdown(9, "tokens", stream) as report:
        for done in range(1, 10):
            clock.now += 2.0
            report(done)
    assert stream.getvalue() == "1/9 tokens\n6/9 tokens\n"


def test_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(countdown, "SECONDS_OF_SILENCE", 1e-9)
    stream = Terminal()
    with Countdown(2, "tokens", stream) as report:
        time.sleep(0.2)
        report(1)
    assert "tokens: 1/2 |" in stream.getvalue()


def test_a_search_reports_every_token():
    made, told = model(), []
    search = BeamSearch(made, VOCABULARY, sampler(made).parameters)
    search.search(4, prompt="ab", width=3, report=told.append)
    assert told == [1, 2, 3, 4]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


def test_the_command_shows_them(monkeypatch, capsys):
    arguments = ["--text", "text", "--output", "run", *TINY, "--updates", "1"]
    assert main(["train", *arguments]) == 0
    capsys.readouterr()
    monkeypatch.setattr(countdown, "SECONDS_OF_SILENCE", -1.0)
    assert main(["sample", "run", "--beam", "2", "--length", "3"]) == 0
    assert capsys.readouterr().err == "1/3 tokens of the search\n"


def test_only_what_takes_long_is_announced(capsys):
    with announced("reading"):
        pass
    with announced("compiling", after=0.01):
        time.sleep(0.2)
    assert capsys.readouterr().err == "compiling\n"


def test_a_line_before_training_that_takes_long_to_prepare(monkeypatch, capsys):
    from tinygraph_rnn.training.experiment import Experiment

    new = Experiment.new

    def slow(*arguments):
        time.sleep(1.0)
        return new(*arguments)

    monkeypatch.setattr(Experiment, "new", slow)
    arguments = ["--text", "text", "--output", "run", *TINY, "--updates", "1"]
    assert main(["train", *arguments]) == 0
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "run: reading the text and preparing the model"
