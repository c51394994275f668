"""Rows shared out among threads: all of them, in order, whatever fails."""

import gc
import os
import signal
import threading
import time
import weakref

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


def test_callers_at_the_same_time_have_workers_of_their_own():
    together = threading.Barrier(4, timeout=20)
    found = []

    def call(number):
        tasks = [lambda: together.wait() is None, lambda: (together.wait(), number)[1]]
        found.append(run_all(tasks)[1])

    callers = [threading.Thread(target=call, args=(number,)) for number in (1, 2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(found) == [1, 2]


def test_workers_wait_for_the_next_call():
    run_all([threading.get_ident, threading.get_ident])
    before = threading.active_count()
    for _ in range(5):
        ids = run_all([threading.get_ident, threading.get_ident])
    assert ids[0] == threading.get_ident() != ids[1]
    assert threading.active_count() == before


def test_nothing_that_was_returned_or_raised_is_kept():
    class Large:
        pass

    def raising():
        raise ValueError("no")

    gone = weakref.ref(run_all([Large, Large])[1])
    with pytest.raises(ValueError, match="no"):
        run_all([Large, raising])
    gc.collect()
    assert gone() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_starts_its_own():
    run_all([int, int])
    child = os.fork()
    if not child:
        os._exit(0 if run_all([int, lambda: 7]) == [0, 7] else 1)
    for _ in range(400):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert done
    assert status == 0
