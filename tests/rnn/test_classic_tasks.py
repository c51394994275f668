"""The classic tasks ask what the papers asked; answers by other means."""

import re

import numpy as np
import pytest

from examples.tasks import adding, copying, counting, reber, temporal_order
from examples.tasks.training import Setting, train

ROWS = 40


def rng():
    return np.random.default_rng(0)


def test_adding():
    feeds = adding.Adding(50).batch(rng(), ROWS)
    for row, length in enumerate(feeds["lengths"]):
        numbers, marks = feeds["x"][:length, row].T
        assert 50 <= length <= 55
        assert marks[length - 1] == -1
        (places,) = np.nonzero(marks == 1)
        assert len(places) == 2
        assert places[0] < 10 or places[1] < 25
        want = 0.5 + numbers[places].sum() / 4
        assert feeds["target"][row, 0] == pytest.approx(want, abs=1e-6)


def test_temporal_order():
    feeds = temporal_order.TemporalOrder(50).batch(rng(), ROWS)
    assert set(feeds["target"]) == {0, 1, 2, 3}
    for row, length in enumerate(feeds["lengths"]):
        symbols = feeds["x"][:length, row].argmax(-1)
        (places,) = np.nonzero((symbols == 2) | (symbols == 3))
        assert len(places) == 2
        assert 5 <= places[0] <= 10
        assert 25 <= places[1] <= 30
        kinds = "".join("XY"[symbols[place] - 2] for place in places)
        assert ["XX", "XY", "YX", "YY"][feeds["target"][row]] == kinds
        assert (symbols[0], symbols[-1]) == (0, 1)


def test_copying():
    feeds = copying.Copying(7, length=3).batch(rng(), ROWS)
    read = feeds["x"].argmax(-1)
    assert read.shape == (13, ROWS)
    np.testing.assert_array_equal(feeds["target"][-3:], read[:3])
    assert (feeds["target"][:-3] == copying.BLANK).all()
    assert (read[:3] < 8).all()
    np.testing.assert_array_equal((read == copying.GO).sum(0), 1)
    assert (read[-4] == copying.GO).all()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_counting(n):
    """Which symbols may come next: what some string with this beginning has next."""
    symbols, legal = counting.string(n)
    words = ["SabT"[s] for s in symbols]
    assert "".join(words) == "S" + "a" * n + "b" * n
    language = ["S" + "a" * m + "b" * m + "T" for m in range(1, 9)]
    for place in range(len(words)):
        start = "".join(words[: place + 1])
        nexts = {text[place + 1] for text in language if text.startswith(start)}
        assert {
            s for s, flag in zip("SabT", legal[place], strict=True) if flag
        } == nexts


def test_reber():
    """Strings of the grammar as a regular expression, the mark kept to the end."""
    form = re.compile(r"B([TP])B(?:T[TS]*|P)[TPSXV]*E\1E")
    generator = rng()
    seen = set()
    for _ in range(200):
        text, legal = reber.string(generator)
        assert form.fullmatch(text), text
        assert len(legal) == len(text) - 1
        for symbol, each in zip(text[1:], legal, strict=True):
            assert symbol in each
        assert legal[-2] == text[1]
        seen.add(text)
    assert len(seen) > 40
    for text in list(seen)[:20]:
        assert reference_legal(text)


def reference_legal(text):
    """Walk Reber's diagram by hand-written tables of letters."""
    state = "start"
    for symbol in text[3:-2]:
        state = {
            ("start", "T"): "one",
            ("start", "P"): "two",
            ("one", "S"): "one",
            ("one", "X"): "three",
            ("two", "T"): "two",
            ("two", "V"): "four",
            ("three", "X"): "two",
            ("three", "S"): "five",
            ("four", "P"): "three",
            ("four", "V"): "five",
            ("five", "E"): "end",
        }[state, symbol]
    return state == "end"


def test_reber_learns_and_is_judged_on_other_strings():
    task = reber.Reber(64)
    known, new = (dict(strings) for strings in (task._known, task._new))
    assert len(known) == len(new) == 64
    assert not known.keys() & new.keys()


def test_digits():
    pytest.importorskip("sklearn")
    from examples.tasks.digits import TESTS, Digits

    task = Digits()
    feeds = task.batch(rng(), 2000)
    assert feeds["x"].shape == (8, 2000, 8)
    assert 0.0 <= feeds["x"].min() < feeds["x"].max() == 1.0
    held_out = {image.tobytes() for image in task._images[-TESTS:]}
    assert not held_out & {feeds["x"][:, row].tobytes() for row in range(2000)}


def test_a_small_count_is_learnt_and_the_same_again():
    setting = Setting("lstm-peephole", 4, 2e-2, sequences=12_000, check_every=1_000)
    task = counting.Counting(3, 4)
    result = train(task, setting, 0)
    assert result.solved
    assert result.sequences < 12_000
    assert train(task, setting, 0) == result
