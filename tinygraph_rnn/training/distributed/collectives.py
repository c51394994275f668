"""Sums of arrays over processes by JAX; on CPUs they run over gloo."""

import contextlib
import importlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from tinygraph_rnn.errors import DistributedError
from tinygraph_rnn.training.distributed.placement import Placement

__all__ = ["Collectives", "jax_version", "platform_of_jax"]

_SECONDS_TO_JOIN = 25


def jax_version() -> str:
    """Return the version of JAX.

    Raises:
        DistributedError: it is not installed.
    """
    if importlib.util.find_spec("jax") is None:
        raise DistributedError(
            "many processes need jax, which is not installed: pip install jax"
        )
    return importlib.metadata.version("jax")


@final
class Collectives:
    """JAX, joined with that of the other processes.

    Raises:
        DistributedError: JAX could not join.
    """

    def __init__(
        self, placement: Placement, port: int, *, computes: bool = False
    ) -> None:
        """Join; process 0 listens at `port` of its host.

        Unless JAX `computes` too, it is to leave all devices but CPUs alone.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        self._jax: Any = importlib.import_module("jax")
        self._sharding: Any = importlib.import_module("jax.sharding")
        where = Placement(placement.host, port, 0, 1).address
        config: dict[str, Any] = {} if computes else {"jax_platforms": "cpu"}
        config |= {
            # a process that is gone is ours to tell, and no reason to abort
            "jax_enable_recoverability": True,
            # SIGTERM is a wish to stop between two updates
            "jax_enable_preemption_service": False,
        }
        for name, value in config.items():
            self._jax.config.update(name, value)
        try:
            self._jax.distributed.initialize(
                where,
                placement.processes,
                placement.process,
                initialization_timeout=_SECONDS_TO_JOIN,
                coordinator_bind_address=where,
                cluster_detection_method="deactivate",
            )
            self._prepare(placement.processes)
        except Exception as problem:
            raise DistributedError(
                f"JAX could not join the processes at {where}: {_first_line(problem)}"
            ) from problem

    def _prepare(self, processes: int) -> None:
        """Make the sum over one device of each process, and call it once."""
        firsts: dict[int, Any] = {}
        for device in self._jax.devices("cpu"):
            firsts.setdefault(device.process_index, device)
        devices = np.array([firsts[process] for process in range(processes)])
        mesh = self._sharding.Mesh(devices, ("process",))
        named, spec = self._sharding.NamedSharding, self._sharding.PartitionSpec
        self._apart = named(mesh, spec("process"))
        self._sum = self._jax.jit(
            lambda parts: parts.sum(0), out_shardings=named(mesh, spec())
        )
        self._count = processes
        with _silent_output():
            self.sum(np.zeros(1, "float32"))

    def sum(self, flat: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of the arrays that all processes give."""
        with self._jax.enable_x64(True):
            parts = self._jax.make_array_from_process_local_data(
                self._apart, flat[np.newaxis], (self._count, *flat.shape)
            )
            return np.array(self._sum(parts).addressable_data(0))

    def leave(self) -> None:
        """Part from the others, all at the same time."""
        self._jax.distributed.shutdown()


@contextlib.contextmanager
def _silent_output() -> Iterator[None]:
    """Leave out what gloo prints on standard output when it connects: that is ours."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (OSError, ValueError, AttributeError):
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def platform_of_jax() -> str:
    """Return the platform that JAX would compute on, such as cpu or gpu; or why none.

    Another process is asked: JAX must not look for devices before it has joined, and
    would wait for minutes if it found another platform than the others.
    """
    code = "import jax; print(jax.default_backend())"
    asked = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    if not asked.returncode:
        return asked.stdout.strip()
    lines = asked.stderr.strip().splitlines() or ["it does not say why"]
    return f"none ({lines[-1]})"


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
