"""Processes agree, hand out, and learn when one is gone; here they are threads."""

import socket
import threading
import time

import numpy as np
import pytest

from tests.rnn.training.distributed.threads import Meeting
from tinygraph_rnn import DistributedError
from tinygraph_rnn.training.distributed import group as module
from tinygraph_rnn.training.distributed.connections import Connection
from tinygraph_rnn.training.distributed.group import ALONE, Group


@pytest.fixture
def grouped(monkeypatch):
    """Make groups of `count` that are connected; return them and why they ended."""
    monkeypatch.setattr(module, "GRACE", 0.2)
    monkeypatch.setattr(module, "SECONDS_BETWEEN_BEATS", 0.1)
    made = []

    def make(count, silence=30.0):
        ended = {}
        pairs = {i: socket.socketpair() for i in range(1, count)}
        own = {i: Connection(pair[0]) for i, pair in pairs.items()}

        def group(process, connections):
            def end(why):
                ended[process] = why

            return Group(process, count, connections, end, silence)

        groups = [group(0, own)]
        groups += [group(i, {0: Connection(pairs[i][1])}) for i in pairs]
        made.extend(groups)
        return groups, ended

    yield make
    for each in made:
        each._over.set()
        each._close()


def together(groups, work):
    """Call `work(group)` of all at once, each in its `with` block."""

    def each(index, _):
        with groups[index]:
            return work(groups[index])

    return Meeting(len(groups)).each(each)


def until(condition, seconds=10.0):
    """Wait until something is so."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_all_have_what_the_first_hands_out(grouped):
    groups, ended = grouped(3)
    content = bytes(range(256)) * 1000

    def work(group):
        group.agree({"a": 1, "b": "x"})
        return group.handed_out(content if group.is_first else None)

    assert together(groups, work) == [content] * 3
    assert not ended


def test_what_is_not_the_same_everywhere(grouped):
    groups, ended = grouped(3)

    def work(group):
        with pytest.raises(DistributedError) as caught:
            group.agree({"a": 1, "b": group.process // 2})
        return str(caught.value)

    for said in together(groups, work):
        assert said.startswith("b is 0 in processes 0, 1, but 1 in process 2: all proc")
    assert not ended


def test_processes_at_different_places(grouped):
    groups, _ = grouped(2)

    def work(group):
        if group.is_first:
            return group.agree({})
        return group.handed_out(None)

    with pytest.raises(DistributedError, match="handed out is missing in process 0"):
        together(groups, work)


@pytest.mark.parametrize("gone", [0, 2])
def test_one_whose_connection_breaks(grouped, gone):
    """The others end, wherever they hang; the message says who is gone."""
    groups, ended = grouped(3)
    ended[gone] = "by itself"
    groups[gone]._over.set()
    groups[gone]._close()
    until(lambda: len(ended) == 3)
    others = {i: why for i, why in ended.items() if i != gone}
    for why in others.values():
        assert f"process {gone} of 3 is gone: its connection broke" in why
        assert "--resume goes on from the last checkpoint" in why


def test_one_that_is_silent(grouped, monkeypatch):
    """Stopped, or on a machine that is off: its connection does not break."""
    monkeypatch.setattr(Connection, "beat", lambda self: None)
    _, ended = grouped(2, silence=0.3)
    until(lambda: len(ended) == 2)
    assert "process 1 of 2 is gone: it was not heard of for 0 s" in ended[0]


def test_one_that_beats_is_not_silent(grouped):
    groups, ended = grouped(3, silence=1.0)
    time.sleep(1.4)
    together(groups, lambda group: None)
    assert not ended


def test_one_that_ends_with_an_error(grouped):
    groups, _ = grouped(3)

    def work(group):
        if group.process == 1:
            raise ValueError("no room left")
        group.handed_out(None)

    with pytest.raises(DistributedError, match="process 1 of 3 ended: no room left"):
        together(groups, work)
    assert "process 1 of 3 ended: no room left" in groups[2].failure


def test_who_hangs_in_a_collective_is_ended(grouped):
    groups, ended = grouped(2)
    hangs = threading.Event()
    thread = threading.Thread(target=hangs.wait)
    thread.start()
    groups[1].__exit__(MemoryError, MemoryError(), None)
    until(lambda: 0 in ended)
    assert ended[0] == "process 1 of 2 ended: MemoryError"
    hangs.set()
    thread.join()


def test_collectives_that_fail_say_who_is_gone(grouped):
    groups, _ = grouped(2)

    def broken(flat):
        raise RuntimeError("connection reset by peer\nmore")

    for group in groups:
        group.add_up_by(broken, lambda: None)
    with pytest.raises(DistributedError, match="failed: connection reset by peer$"):
        groups[0].reduce(np.zeros(1))
    groups[1]._connections[0].close()
    with pytest.raises(DistributedError, match="process 1 of 2 is gone"):
        groups[0].reduce(np.zeros(1))


def test_process_0_parts_last(grouped):
    groups, _ = grouped(3)
    parted = []
    for group in groups:
        group.add_up_by(np.copy, lambda process=group.process: parted.append(process))
    together(groups, lambda group: None)
    assert sorted(parted[:2]) == [1, 2]
    assert parted[2] == 0


def test_one_alone_agrees_with_itself():
    with ALONE as group:
        group.agree({"a": 1})
        assert group.is_first
        assert group.is_alone
        assert group.handed_out(b"x") == b"x"
        assert group.reduce is None
