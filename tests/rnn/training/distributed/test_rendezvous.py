"""How processes find each other, and what they are told where they do not."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tinygraph_rnn import DistributedError
from tinygraph_rnn.training.distributed.placement import Placement
from tinygraph_rnn.training.distributed.rendezvous import differences, meet


@pytest.fixture
def port():
    """A port where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def meeting(port, count, facts=None, patience=10.0, places=None):
    """Let all meet; return what each gets, or the error in words."""
    where = places or [Placement("127.0.0.1", port, i, count) for i in range(count)]
    known = facts or [{"version": "1"}] * len(where)

    def one(index):
        try:
            return meet(where[index], known[index], patience)
        except DistributedError as problem:
            return str(problem)

    with ThreadPoolExecutor(len(where)) as pool:
        return list(pool.map(one, range(len(where))))


def test_they_meet(port):
    found = meeting(port, 4)
    assert sorted(found[0][0]) == [1, 2, 3]
    assert [sorted(connections) for connections, _ in found[1:]] == [[0]] * 3
    assert len({told["port"] for _, told in found}) == 1
    assert found[0][1]["port"] != port
    found[0][0][2].send("hello you", {"a": 1}, b"xyz")
    message = found[2][0][0].receive(5.0)
    assert message == ("hello you", {"a": 1}, b"xyz")
    for connections, _ in found:
        for each in connections.values():
            each.close()


def test_other_versions(port):
    facts = [{"tinygraph": "1"}, {"tinygraph": "2"}, {"tinygraph": "1"}]
    for said in meeting(port, 3, facts):
        assert said == (
            "tinygraph is 1 in processes 0, 2, but 2 in process 1: start all processes "
            "with the same program and options"
        )


def test_other_numbers_of_processes(port):
    places = [Placement("127.0.0.1", port, 0, 2), Placement("127.0.0.1", port, 1, 3)]
    for said in meeting(port, 2, places=places):
        assert "process 1 is one of 3, but process 0 one of 2" in said


def test_two_with_the_same_number(port):
    """The second is sent away; the one that is missing is named."""
    places = [Placement("127.0.0.1", port, i, 3) for i in (0, 1, 1)]
    first, *others = meeting(port, 3, patience=1.0, places=places)
    assert "process 2 of 3 did not come to 127.0.0.1" in first
    assert sorted("is there already" in said for said in others) == [False, True]
    assert any("process 2 of 3 did not come" in said for said in others)


def test_nobody_comes(port):
    (said,) = meeting(
        port, 3, patience=0.5, places=[Placement("127.0.0.1", port, 0, 3)]
    )
    assert f"processes 1, 2 of 3 did not come to 127.0.0.1:{port} in time" in said


def test_nobody_is_there(port):
    place = Placement("127.0.0.1", port, 1, 2)
    with pytest.raises(DistributedError, match="process 1 found no process 0 at 127"):
        meet(place, {}, 0.5)


def test_a_host_that_is_none():
    place = Placement("no-such-host.invalid", 4567, 1, 2)
    with pytest.raises(DistributedError, match="no host 'no-such-host.invalid'"):
        meet(place, {}, 0.5)


def test_a_port_in_use(port):
    place = Placement("127.0.0.1", port, 0, 2)
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(DistributedError, match=f"port {port} of .* is in use"),
    ):
        meet(place, {}, 0.5)


def test_a_host_that_is_another_machine():
    place = Placement("192.0.2.1", 4567, 0, 2)
    with pytest.raises(DistributedError, match="must name a host and a port of the ma"):
        meet(place, {}, 0.5)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is another program"),
        (b"[1]\n", "is another program"),
        (b"", "ended the connection"),
        (None, "does not answer"),
    ],
)
def test_another_program_listens(port, answer, why):
    done = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve():
            connected, _ = server.accept()
            with connected:
                if answer is None:
                    done.wait(30)
                else:
                    connected.recv(1000)
                    connected.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(DistributedError, match=f"{why}: it is no process 0"):
            meet(Placement("127.0.0.1", port, 1, 2), {}, -4.5 if answer is None else 1)
        done.set()
        thread.join()


def test_strangers_are_sent_away(port):
    """Who connects by mistake neither joins nor keeps the others out."""
    with ThreadPoolExecutor(2) as pool:
        host = pool.submit(meet, Placement("127.0.0.1", port, 0, 2), {}, 20.0)
        for said in (b"GET / HTTP/1.1\r\n\r\n", b'{"kind": "hello"}\n', b""):
            connected = None
            while connected is None:
                try:
                    connected = socket.create_connection(("127.0.0.1", port), 5)
                except ConnectionRefusedError:
                    continue
            with connected:
                connected.sendall(said)
        guest = pool.submit(meet, Placement("127.0.0.1", port, 1, 2), {}, 20.0)
        assert list(host.result()[0]) == [1]
        assert list(guest.result()[0]) == [0]
        for connections in (host.result()[0], guest.result()[0]):
            for each in connections.values():
                each.close()


def test_many_differences_are_counted():
    facts = {0: dict.fromkeys("abcde", 1), 1: dict.fromkeys("abcd", 2)}
    said = differences(facts)
    assert said.startswith("a is 1 in process 0, but 2 in process 1; b is ")
    assert said.endswith("; and 2 more differences")
    assert "e is" not in said
    assert differences({0: {"a": 1}, 1: {}}) == (
        "a is 1 in process 0, but missing in process 1"
    )
