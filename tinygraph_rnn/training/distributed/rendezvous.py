"""How processes find each other: process 0 listens, the others come and are compared.

It is over within `PATIENCE` seconds and a few, one way or the other, and each process
learns why not.
"""

import contextlib
import errno
import os
import socket
import time
from collections.abc import Mapping
from typing import Any

from tinygraph_rnn.errors import DistributedError
from tinygraph_rnn.training.distributed.connections import Connection, Message
from tinygraph_rnn.training.distributed.placement import Placement

__all__ = ["PATIENCE", "differences", "meet"]

PATIENCE = 20.0
"""Seconds that the first process waits for the last one."""

_BETWEEN_TRIES = 0.2
_PROGRAM = "tinygraph-rnn"

Facts = Mapping[str, Any]


def meet(
    placement: Placement, facts: Facts, patience: float = PATIENCE
) -> tuple[dict[int, Connection], dict[str, Any]]:
    """Meet the other processes.

    Args:
        placement: of this one.
        facts: what must be the same in all, such as versions.
        patience: seconds to wait for the others.

    Returns:
        Process → connection: to all others in process 0, to process 0 in the others.
        And what process 0 tells: "port", a free one beside its own.

    Raises:
        DistributedError: they did not meet, or differ; says how.
    """
    if placement.process == 0:
        return _listen(placement, facts, patience)
    return _come(placement, facts, patience)


def differences(facts: Mapping[int, Facts]) -> str:
    """Return in words which facts of processes are not the same; empty: none.

    >>> differences({0: {"a": 1, "b": 2}, 1: {"a": 1, "b": 3}, 2: {"a": 1, "b": 2}})
    'b is 2 in processes 0, 2, but 3 in process 1'
    """
    found = []
    names = dict.fromkeys(name for each in facts.values() for name in each)
    for name in names:
        by_value: dict[str, list[int]] = {}
        for process, each in facts.items():
            by_value.setdefault(_shown(each.get(name)), []).append(process)
        if len(by_value) > 1:
            parts = [f"{value} in {_listed(who)}" for value, who in by_value.items()]
            found.append(f"{name} is {', but '.join(parts)}")
    more = f"; and {len(found) - 3} more differences" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def _shown(value: Any) -> str:
    return "missing" if value is None else str(value)


def _listed(processes: list[int]) -> str:
    few = ", ".join(map(str, processes[:8])) + (", ..." if len(processes) > 8 else "")
    return f"process {few}" if len(processes) == 1 else f"processes {few}"


def _listen(
    placement: Placement, facts: Facts, patience: float
) -> tuple[dict[int, Connection], dict[str, Any]]:
    listener = _listener(placement)
    found: dict[int, Connection] = {}
    known: dict[int, Facts] = {0: {"processes": placement.processes, **facts}}
    limit = time.monotonic() + patience
    try:
        with listener:
            while len(found) < placement.processes - 1:
                _let_in(listener, placement, found, known, limit)
        unlike = differences(known)
        if unlike:
            raise DistributedError(
                f"{unlike}: start all processes with the same program and options"
            )
    except DistributedError as problem:
        for each in found.values():
            _refuse(each, str(problem))
        raise
    told = {"port": _free_port(placement)}
    for each in found.values():
        with contextlib.suppress(OSError):
            each.send("welcome", told)
    return found, told


def _let_in(
    listener: socket.socket,
    placement: Placement,
    found: dict[int, Connection],
    known: dict[int, Facts],
    limit: float,
) -> None:
    """Wait for one more process; who is none of ours is sent away."""
    left = limit - time.monotonic()
    if left <= 0:
        missing = [i for i in range(1, placement.processes) if i not in found]
        raise DistributedError(
            f"{_listed(missing)} of {placement.processes} did not come to "
            f"{placement.address} in time: start all at about the same time, with the "
            "same --coordinator and --num-processes and a --process-id of its own"
        )
    listener.settimeout(min(left, _BETWEEN_TRIES))
    try:
        connected, _ = listener.accept()
    except TimeoutError:
        return
    guest = Connection(connected)
    try:
        hello = guest.receive(2.0)
        process, facts = _introduced(hello)
    except (OSError, ValueError):
        guest.close()
        return
    if facts.get("processes") != placement.processes or process not in range(
        1, placement.processes
    ):
        unlike = (
            f"process {process} is one of {facts.get('processes')}, but process 0 one "
            f"of {placement.processes}: give all the same --num-processes"
        )
        _refuse(guest, unlike)
        raise DistributedError(unlike)
    if process in found:
        _refuse(
            guest,
            f"process {process} is there already: give each process a --process-id of "
            "its own, and each run a --coordinator of its own",
        )
        return
    found[process], known[process] = guest, facts


def _introduced(hello: Message) -> tuple[int, dict[str, Any]]:
    if hello.kind != "hello" or hello.facts.get("program") != _PROGRAM:
        raise ValueError("not one of ours")
    process, facts = hello.facts.get("process"), hello.facts.get("facts")
    if type(process) is not int or not isinstance(facts, dict):
        raise ValueError("not one of ours")
    return process, facts


def _refuse(guest: Connection, why: str) -> None:
    with contextlib.suppress(OSError):
        guest.send("refused", {"why": why})
    guest.close()


def _come(
    placement: Placement, facts: Facts, patience: float
) -> tuple[dict[int, Connection], dict[str, Any]]:
    limit = time.monotonic() + patience
    host = Connection(_connected(placement, limit))
    hello = {
        "program": _PROGRAM,
        "process": placement.process,
        "facts": {"processes": placement.processes, **facts},
    }
    try:
        host.send("hello", hello)
        answer = host.receive(max(1.0, limit + 5.0 - time.monotonic()))
    except (OSError, ValueError) as problem:
        host.close()
        why = "does not answer"
        if not isinstance(problem, TimeoutError):
            broke = isinstance(problem, OSError)
            why = "ended the connection" if broke else "is another program"
        raise DistributedError(
            f"what listens at {placement.address} {why}: it is no process 0 of "
            f"{_PROGRAM} that waits for this one. Correct --coordinator"
        ) from None
    if answer.kind != "welcome":
        host.close()
        raise DistributedError(answer.facts.get("why", "process 0 refused this one"))
    return {0: host}, answer.facts


def _connected(placement: Placement, limit: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(
                (placement.host, placement.port), max(1.0, limit - time.monotonic())
            )
        except socket.gaierror as problem:
            raise DistributedError(
                f"there is no host {placement.host!r} ({problem.strerror}): correct "
                "--coordinator"
            ) from None
        except OSError as problem:
            if time.monotonic() > limit:
                raise DistributedError(
                    f"process {placement.process} found no process 0 at "
                    f"{placement.address} ({problem.strerror or problem}): start it "
                    "there with --process-id 0, or correct --coordinator"
                ) from None
        time.sleep(_BETWEEN_TRIES)


def _listener(placement: Placement) -> socket.socket:
    try:
        return _bound(placement.host, placement.port)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise DistributedError(
                f"the port {placement.port} of {placement.host!r} is in use, perhaps "
                "by another run: give all processes another --coordinator"
            ) from None
        raise DistributedError(
            f"process 0 cannot listen at {placement.address} "
            f"({problem.strerror or problem}): --coordinator must name a host and a "
            "port of the machine of process 0"
        ) from None


def _bound(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    )[0]
    made = socket.socket(family, kind)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def _free_port(placement: Placement) -> int:
    with _bound(placement.host, 0) as free:
        port: int = free.getsockname()[1]
    return port
