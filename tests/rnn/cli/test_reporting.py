"""Metrics, the loss curve, progress, and stopping on a signal."""

import errno
import io
import os
import signal
import sys
import threading
import types
import xml.etree.ElementTree as ElementTree

import pytest

from tinygraph_rnn import StorageError
from tinygraph_rnn.cli.plotting import plot_gradient_norms, plot_losses
from tinygraph_rnn.training import progress
from tinygraph_rnn.training.interrupts import stop_requests
from tinygraph_rnn.training.metrics import Metrics
from tinygraph_rnn.training.progress import Progress


def test_metrics_append_lines(tmp_path):
    metrics = Metrics(tmp_path / "m")
    metrics.add({"update": 1, "loss": 2.5})
    metrics.add({"update": 2, "loss": 2.25})
    text = '{"update": 1, "loss": 2.5}\n{"update": 2, "loss": 2.25}\n'
    assert (tmp_path / "m").read_text() == text


def test_metrics_forget_what_comes_after_the_checkpoint(tmp_path):
    path = tmp_path / "m"
    path.write_text('{"update": 1}\n{"update": 2}\n{"update": 3}\n{"upd')
    metrics = Metrics(path, up_to=2)
    metrics.add({"update": 3, "loss": 1.0})
    assert [row["update"] for row in metrics.rows] == [1, 2, 3]
    assert path.read_text() == '{"update": 1}\n{"update": 2}\n' + (
        '{"update": 3, "loss": 1.0}\n'
    )


def test_metrics_on_a_full_disk(tmp_path, monkeypatch):
    metrics = Metrics(tmp_path / "m")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.open", full)
    with pytest.raises(StorageError, match="cannot write the metrics .*No space left"):
        metrics.add({"update": 1})


def test_loss_curve(tmp_path):
    pytest.importorskip("matplotlib")
    rows = [{"update": i, "loss": 3.0 / i} for i in range(1, 6)]
    rows[-1]["held_out"] = 2.0
    plot_losses(rows, tmp_path / "a.svg")
    plot_losses(rows, tmp_path / "b.svg")
    text = (tmp_path / "a.svg").read_text()
    ElementTree.fromstring(text)
    assert "bits per character" in text
    assert "held out" in text
    assert text == (tmp_path / "b.svg").read_text()


@pytest.mark.parametrize("plot", [plot_losses, plot_gradient_norms])
def test_a_curve_does_not_write_through_a_link(tmp_path, plot):
    pytest.importorskip("matplotlib")
    (tmp_path / "target").write_text("precious")
    (tmp_path / "loss.svg").symlink_to(tmp_path / "target")
    plot([{"update": 1, "loss": 2.0, "gradient_norm": 1.0}], tmp_path / "loss.svg")
    assert (tmp_path / "target").read_text() == "precious"
    ElementTree.parse(tmp_path / "loss.svg")


def test_gradient_norms(tmp_path):
    pytest.importorskip("matplotlib")
    rows = [{"update": i, "gradient_norm": 10.0**i} for i in range(4)]
    plot_gradient_norms(rows, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    ElementTree.fromstring(text)
    assert "gradient norm" in text


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now


def test_progress_in_a_log_file(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    stream = io.StringIO()
    shown = Progress(10, done=4, characters=100, stream=stream)
    for _ in range(5):
        clock.now += 3.0
        shown.advance(loss=1.5)
    shown.evaluated(2.25)
    clock.now += 3.0
    shown.advance(loss=1.25)
    shown.close()
    assert stream.getvalue() == (
        "update 5/10: loss 1.500, held-out bits/char ?, chars/s 33 [00:03 < 00:15]\n"
        "update 9/10: loss 1.500, held-out bits/char ?, chars/s 33 [00:15 < 00:03]\n"
        "update 10/10: loss 1.250, held-out bits/char 2.250, chars/s 33 "
        "[00:18 < 00:00]\n"
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_on_a_terminal(monkeypatch):
    monkeypatch.setitem(progress.UNKNOWN_SIZE, "ncols", 120)
    stream = Terminal()
    shown = Progress(2, characters=100, stream=stream)
    shown.advance(loss=1.5)
    shown.evaluated(2.25)
    shown.advance(loss=1.25)
    shown.close()
    last = stream.getvalue().split("\r")[-1]
    assert "2/2" in last
    assert "loss=1.250" in last
    assert "held-out bits/char=2.250" in last
    assert "chars/s=" in last


@pytest.mark.parametrize(
    ("columns", "kept", "gone"),
    [
        (120, ["held-out bits/char=2.250", "loss=1.250", "chars/s="], []),
        (80, ["held-out bits/char=2.250", "loss=1.250"], ["chars/s="]),
        (65, ["held-out bits/char=2.250"], ["loss="]),
    ],
)
def test_the_bar_keeps_the_digits_of_the_bits(monkeypatch, columns, kept, gone):
    monkeypatch.setitem(progress.UNKNOWN_SIZE, "ncols", columns)
    stream = Terminal()
    shown = Progress(1000, done=990, characters=123456, stream=stream)
    shown.evaluated(2.25)
    for _ in range(10):
        shown.advance(loss=1.25)
    shown.close()
    last = stream.getvalue().split("\r")[-1].rstrip("\n")
    assert len(last) <= columns
    assert last.endswith("]"), "nothing is cut off"
    assert all(name in last for name in ["1000/1000", *kept])
    assert not any(name in last for name in gone)


def test_a_bar_where_nothing_is_held_out():
    stream = Terminal()
    shown = Progress(2, characters=100, looks=False, stream=stream)
    shown.advance(loss=1.5)
    shown.close()
    assert "loss=1.500" in stream.getvalue()
    assert "held-out" not in stream.getvalue()


def test_progress_in_a_notebook(monkeypatch):
    """A cell's stream is no terminal, but shows a bar."""
    shell = types.SimpleNamespace(kernel=object())
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    stream = io.StringIO()
    shown = Progress(2, characters=100, unit="word", stream=stream)
    shown.advance(loss=1.5)
    shown.close()
    assert "50%|" in stream.getvalue().split("\r")[-1]
    assert "held-out bits/word" in stream.getvalue()
    del shell.kernel
    assert not progress.in_notebook(), "a terminal with IPython is none"


def test_a_signal_is_a_wish():
    before = signal.getsignal(signal.SIGINT)
    with stop_requests() as stop:
        assert not stop
        signal.raise_signal(signal.SIGINT)
        assert stop
        assert stop.signal == signal.SIGINT
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_signal_acts_as_usual():
    with stop_requests() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_other_threads_catch_nothing():
    seen = []

    def work():
        with stop_requests() as stop:
            seen.append((signal.getsignal(signal.SIGINT), bool(stop)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(signal.getsignal(signal.SIGINT), False)]
