"""Which of many processes this one is, and where they meet."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from tinygraph_rnn.checking import shown
from tinygraph_rnn.errors import ConfigError

__all__ = ["Placement", "placed"]

_SLURM = "SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_NTASKS", "SLURM_PROCID"
"""What a step of a SLURM job sets, and a job's script outside of steps does not."""

_COUNTS = "JAX_NUM_PROCESSES", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE"
_NUMBERS = "JAX_PROCESS_ID", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"
"""Variables that say how many processes there are, and which one this is."""


@final
@dataclass(frozen=True)
class Placement:
    """One of many processes.

    Attributes:
        host, port: where process 0 listens.
        process, processes: the number of this one, from 0, and how many there are.
    """

    host: str
    port: int
    process: int
    processes: int

    @property
    def address(self) -> str:
        """The host and the port, as they are written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def placed(
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Placement | None:
    """Return which process this is; None where it is the only one.

    What is not given is taken from variables of JAX (JAX_COORDINATOR_ADDRESS, and
    JAX_NUM_PROCESSES, JAX_PROCESS_ID), of a step of a SLURM job (`srun`), or of Open
    MPI (`mpirun`; it does not say where to meet).

    Args:
        coordinator: HOST:PORT, where process 0 listens.
        num_processes: how many there are.
        process_id: the number of this one, from 0.
        environment: variables of the process.

    Raises:
        ConfigError: something is missing or makes no sense; names the option.
    """
    given = coordinator, num_processes, process_id
    many = _number(environment, "SLURM_NTASKS", default=1) > 1
    slurm = many and all(name in environment for name in _SLURM)
    asked = any(each is not None for each in given)
    if not asked and "JAX_COORDINATOR_ADDRESS" not in environment and not slurm:
        return None
    count = _first(num_processes, _COUNTS, environment)
    number = _first(process_id, _NUMBERS, environment)
    if count == 1 and number in (None, 0):
        return None
    where = coordinator or environment.get("JAX_COORDINATOR_ADDRESS")
    if where is None and slurm:
        where = _slurm_address(environment)
    missing = {
        "--coordinator HOST:PORT": where,
        "--num-processes N": count,
        "--process-id I": number,
    }
    for option, value in missing.items():
        if value is None:
            raise ConfigError(
                f"many processes need {option}, or the variables of JAX or SLURM that "
                f"say it: give {', '.join(missing)}"
            )
    assert where is not None
    assert count is not None
    assert number is not None
    if not 0 <= number < count:
        raise ConfigError(
            f"process_id must be from 0 to {count - 1} of {count} processes, not "
            f"{number}"
        )
    host, port = _host_and_port(where)
    return Placement(host, port, number, count)


def _first(
    given: int | None, names: tuple[str, ...], environment: Mapping[str, str]
) -> int | None:
    if given is not None:
        return given
    for name in names:
        if name in environment:
            return _number(environment, name)
    return None


def _number(environment: Mapping[str, str], name: str, default: int = 0) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal():
        raise ConfigError(f"the variable {name} must be a number, not {shown(text)}")
    return int(text)


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ConfigError(
            f"coordinator must be HOST:PORT, such as node1:4567, not {shown(address)}"
        )
    return host, int(port)


def _slurm_address(environment: Mapping[str, str]) -> str:
    """Return the first node of the job, and a port that depends on the job alone.

    Nodes are written as `a`, `a,b`, `n[001-015],b` or `n[001,007-015]`. The port is
    that of JAX, of which one of 4,096 is taken by the job's number.
    """
    nodes = environment["SLURM_STEP_NODELIST"]
    first, bracket, rest = nodes.partition("[")
    if bracket and "," not in first:
        host = first + rest.replace("-", ",").replace("]", ",").split(",")[0]
    else:
        host = nodes.split(",")[0]
    port = 2**16 - 2**12 + _number(environment, "SLURM_JOB_ID") % 2**12
    return f"{host}:{port}"
