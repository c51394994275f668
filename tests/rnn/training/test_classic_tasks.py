"""The classic tasks ask what the papers asked; answers by other means."""

import math
import re

import numpy as np
import pytest

from examples.tasks import adding, copying, counting, reber, temporal_order
from examples.tasks.settings import FULL, TASTE, changed
from examples.tasks.training import Setting, Trainer, build, chrono_bias, train

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


def answering(answer):
    """A network that says this, whatever it reads."""
    return lambda feeds: {"answer": answer}


def all_sets(task):
    """What is learnt from, validated and tested, one bytes string per sequence."""
    sets = task.batch(rng(), 500), task.validation(rng()), task.test(rng())
    return [{s["x"][:, row].tobytes() for row in range(s["x"].shape[1])} for s in sets]


def test_reber_draws_three_sets_at_random():
    task = prepared(reber.Reber(64))
    first = [text for text, _ in task.known]
    assert len(first) == 64 > len(set(first)) > 30
    feeds = task.test(rng())
    assert feeds["x"].shape[1] == task.validation(rng())["x"].shape[1] == 64
    assert task.note(None, feeds) == "100.00% also learnt from"
    assert task.note(None, task.test(np.random.default_rng(7))) < "80.00%"
    task.prepare(np.random.default_rng(1))
    assert [text for text, _ in task.known] != first


def prepared(task):
    task.prepare(rng())
    return task


def test_reber_wants_every_legal_symbol_above_all_others():
    task = reber.Reber(32)
    feeds = task.test(rng())
    legal = feeds["legal"].astype("float32")
    assert task.error(answering(legal), feeds) == 0.0
    short = feeds["lengths"].argmin()
    legal[feeds["lengths"][short] :, short] = np.nan
    assert task.error(answering(legal), feeds) == 0.0
    legal[feeds["lengths"][short] - 1, short] = np.nan
    assert task.error(answering(legal), feeds) == 1 / 32


def test_digits_keep_three_sets_apart():
    pytest.importorskip("sklearn")
    from examples.tasks.digits import Digits

    task = Digits()
    parts = task.known, task.validated, task.tested
    assert [len(part) for part in parts] == [1077, 360, 360]
    assert len(np.unique(np.concatenate(parts))) == 1797
    known, validated, tested = all_sets(task)
    assert not known & validated
    assert not known & tested
    assert not validated & tested
    x = task.batch(rng(), 500)["x"]
    assert x.shape == (8, 500, 8)
    assert 0.0 <= x.min() < x.max() == 1.0


def test_counting_is_tested_on_other_lengths_than_it_was_validated_on():
    task = counting.Counting(3)
    ns = [
        set(((task_set["lengths"] - 1) // 2).tolist())
        for task_set in (task.batch(rng(), 99), task.validation(rng()), task.test(None))
    ]
    assert ns == [{1, 2, 3}, set(range(2, 31, 2)), set(range(1, 31, 2))]


def test_an_answer_to_add_is_wrong_from_four_hundredths_on():
    task = adding.Adding(20)
    feeds = task.batch(rng(), 4)
    off = np.array([[0.039], [-0.039], [0.041], [np.nan]])
    assert task.error(answering(feeds["target"] + off), feeds) == 0.5


def test_copying_is_compared_with_a_network_without_memory():
    """It is sure of the blanks and guesses the symbols."""
    task = copying.Copying(12, length=4)
    feeds = task.batch(rng(), 200)
    answer = np.full((*feeds["target"].shape, 9), -100.0)
    answer[: -task.length, :, copying.BLANK] = 0.0
    answer[-task.length :, :, :8] = 7.0
    assert task.nats(answering(answer), feeds) == pytest.approx(task.baseline)
    assert task.baseline == pytest.approx(4 * math.log(8) / 20)
    assert copying.Copying(100).baseline == pytest.approx(10 * math.log(8) / 120)
    assert task.error(answering(answer), feeds) == pytest.approx(7 / 8, abs=0.05)
    assert task.note(answering(answer), feeds) == "0.4159 nats (baseline 0.4159)"


def test_chrono_bias():
    bias = chrono_bias(rng(), 1000, 50).reshape(4, 1000)
    np.testing.assert_array_equal(bias[0], -bias[1])
    assert 0.0 <= bias[1].min() < bias[1].max() <= math.log(49)
    assert np.exp(bias[1]).mean() == pytest.approx(25, abs=1)
    assert not bias[2:].any()
    setting = Setting(hidden_size=5, chrono=9)
    first = Trainer(adding.Adding(20), setting, rng()).parameters["lstm.0.bias"]
    np.testing.assert_array_equal(first[:5], -first[5:10])
    assert first[5:10].all()


def test_changed_settings():
    setting = Setting(options=(("forget_bias", 3.0),))
    both = changed(setting, {"learning_rate": 0.5, "zoneout": 0.1})
    assert both.learning_rate == 0.5
    assert dict(both.options) == {"forget_bias": 3.0, "zoneout": 0.1}


@pytest.mark.parametrize("name", [*FULL, *TASTE])
def test_every_setting_builds_a_network(name):
    make, settings = {**FULL, **TASTE}[name]
    if name == "digits":
        pytest.importorskip("sklearn")
    for setting in settings:
        task = make()
        graph, parameters = build(task, setting, rng())
        answer = graph["answer"].type
        assert answer.shape == ("batch", task.outputs)
        assert (answer.time is not None) == task.every_step
        labels = {parameter.label for parameter in parameters}
        assert not setting.chrono or "lstm.0.bias" in labels


class Spied(counting.Counting):
    """Held-out n are the trained ones; writes down the numbers drawn for each set."""

    def __init__(self):
        super().__init__(3, 40)
        self.validated, self.tested = [], []

    def validation(self, rng):
        self.validated.append(rng.random())
        return self.strings([1, 2, 3])

    def test(self, rng):
        self.tested.append(rng.random())
        return self.strings([1, 2, 3])


SMALL = Setting("lstm-peephole", 4, 2e-2, sequences=12_000, check_every=1_000)


def test_a_small_count_is_learnt_and_the_same_again():
    task = Spied()
    result = train(task, SMALL, 0)
    assert result.validation == 0.0
    assert result.sequences < 12_000
    assert result.test == 0.0
    assert result.solved
    assert train(task, SMALL, 0) == result


def test_held_out_sets_are_made_once_each_from_numbers_of_their_own():
    task = Spied()
    short = changed(SMALL, {"sequences": 320, "check_every": 64})
    for seed in (0, 1):
        result = train(task, short, seed)
        assert not result.solved
        assert result.sequences == 320
    assert len(task.validated) == len(task.tested) == 2
    assert len({*task.validated, *task.tested}) == 4


def test_the_validation_set_must_be_right_at_some_checks_in_a_row():
    task = Spied()
    once = train(task, SMALL, 0)
    task.checks = 3
    thrice = train(task, SMALL, 0)
    assert thrice.solved
    assert thrice.sequences >= once.sequences + 2 * SMALL.check_every


def test_tuning_makes_no_test_set():
    task = Spied()
    result = train(task, changed(SMALL, {"sequences": 320}), 0, test=False)
    assert result.test is None
    assert task.tested == []
