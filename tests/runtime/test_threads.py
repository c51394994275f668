"""Rows shared out among threads: all of them, in order, whatever fails."""

import threading

import pytest

from tinygraph.runtime.threads import bounds, run_all


@pytest.mark.parametrize("rows", [1, 2, 5, 16, 17])
@pytest.mark.parametrize("shards", [0, 1, 2, 3, 16, 40])
def test_every_row_is_in_one_stretch(rows, shards):
    parts = bounds(rows, shards)
    assert [row for part in parts for row in range(*part)] == list(range(rows))
    assert len(parts) == max(min(shards, rows), 1)
    lengths = {last - first for first, last in parts}
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_tasks_run_at_the_same_time_and_answer_in_order(count):
    together = threading.Barrier(count)

    def task(number):
        together.wait(timeout=20)
        return number

    tasks = [lambda number=number: task(number) for number in range(count)]
    assert run_all(tasks) == list(range(count))


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_is_told_when_all_have_ended(failing):
    """Nobody may still write into arrays that the caller takes back."""
    ended = []

    def task(number):
        if number == failing:
            raise ValueError(f"task {number}")
        threading.Event().wait(0.05)
        ended.append(number)

    tasks = [lambda number=number: task(number) for number in range(2)]
    with pytest.raises(ValueError, match=f"task {failing}"):
        run_all(tasks)
    assert ended == [1 - failing]
