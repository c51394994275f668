"""One process, many devices: JAX shares the batch out among them."""

import contextlib
import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.carried import Compiler

__all__ = ["JAX", "Devices", "check_devices", "compiler"]

JAX = "jax"
"""The backend that has devices."""


def compiler(devices: int, backend: str, rows: int | None = None) -> Compiler:
    """Return `tg.compile`, or what compiles for so many devices of JAX.

    Raises:
        ConfigError: so many devices make no sense, see `check_devices`, or JAX has not
            so many.
    """
    check_devices(devices, backend, rows)
    return tg.compile if devices == 1 else Devices(devices).compile


def check_devices(devices: int, backend: str, rows: int | None = None) -> None:
    """Demand that so many devices make sense, before JAX is asked for them.

    Args:
        devices: how many share the batch.
        backend: what runs the graphs.
        rows: of the batch, in this process; None: not known yet.

    Raises:
        ConfigError: they do not; names both numbers.
    """
    check_sizes(devices=devices)
    if devices > 1 and backend != JAX:
        raise ConfigError(
            f"devices {devices} are those of backend 'jax', not of {backend!r}: give "
            "--backend jax, or leave devices out"
        )
    if devices > 1 and importlib.util.find_spec(JAX) is None:
        raise ConfigError(
            f"devices {devices} need jax, which is not installed: pip install jax"
        )
    if rows is not None and rows % devices:
        raise ConfigError(
            f"{rows} rows of the batch in a process cannot be shared equally by "
            f"{devices} devices: give a batch_size that can"
        )


@final
class Devices:
    """Some of JAX's devices in this process; compiles graphs that they run together.

    Parameters are on each of them. What has an axis "batch" is cut along it, if its
    rows can be shared equally, and XLA adds up what crosses rows.

    Raises:
        ConfigError: there are fewer.
    """

    def __init__(self, count: int) -> None:
        self._jax: Any = importlib.import_module("jax")
        self._sharding: Any = importlib.import_module("jax.sharding")
        found = self._jax.local_devices()
        if count > len(found):
            kind = found[0].platform
            more = ""
            if kind == "cpu":
                more = (
                    ". The variable XLA_FLAGS=--xla_force_host_platform_device_count="
                    f"{count} makes so many of a CPU"
                )
            raise ConfigError(
                f"devices {count} are more than JAX has here, {len(found)} of kind "
                f"{kind!r}{more}"
            )
        self.count = count
        self._mesh = self._sharding.Mesh(np.array(found[:count]), ("batch",))

    def compile(
        self,
        graph: tg.Graph,
        backend: str,
        parameters: tg.Parameters | None = None,
        *,
        fast: bool = False,
        memory: str | int | None = None,
    ) -> "OverDevices":
        """Return what runs `graph`; the arguments are those of `tg.compile`.

        Raises:
            ConfigError: `memory` is asked for, which is for one device.
        """
        check_devices(self.count, backend)
        if memory is not None:
            raise ConfigError(
                f"memory {memory!r} is for one device: leave it, or devices, out"
            )
        known = tg.Parameters.of(graph) if parameters is None else parameters
        return OverDevices(graph, known, self, fast=fast)

    def placed(self, value: Any, axis: int | None = None) -> Any:
        """Return an array on all devices: a part of `axis` on each, or all of it."""
        array = np.asarray(value)
        spec: list[str | None] = [None] * array.ndim
        if axis is not None and not array.shape[axis] % self.count:
            spec[axis] = "batch"
        where = self._sharding.NamedSharding(
            self._mesh, self._sharding.PartitionSpec(*spec)
        )
        with self.wide():
            return self._jax.device_put(array, where)

    def wide(self) -> contextlib.AbstractContextManager[None]:
        """Return a block in which JAX keeps 64 bits where they are said."""
        block: contextlib.AbstractContextManager[None] = self._jax.enable_x64(True)
        return block


@final
class OverDevices:
    """A compiled function that many devices run: it is called as one of `tg.compile`.

    Attributes:
        parameters: the values, shared between functions where given.
    """

    def __init__(
        self,
        graph: tg.Graph,
        parameters: tg.Parameters,
        devices: Devices,
        *,
        fast: bool,
    ) -> None:
        self.parameters = parameters
        self._devices = devices
        self._run: Any = tg.to_jax(graph, fast=fast)
        self._axes = {leaf.label: _batch_axis(leaf) for leaf in graph.leaves}
        self._held: tuple[int, dict[str, Any]] | None = None

    def __call__(
        self, feeds: Mapping[str, Any], start: int = 0, seed: int = 0, **call: Any
    ) -> dict[str, NDArray[Any]]:
        """Return the outputs by name; see `tg.CompiledFunction`."""
        place = self._devices.placed
        placed = {name: place(value, self._axes[name]) for name, value in feeds.items()}
        where = np.int64(start), np.uint32(seed)
        with self._devices.wide():
            known = self._placed_parameters()
            found = self._run(placed, known, start=where[0], seed=where[1], **call)
        return {name: np.array(value) for name, value in found.items()}

    def _placed_parameters(self) -> dict[str, Any]:
        """Parameters on all devices; they stay there with their version."""
        if self._held is None or self._held[0] != self.parameters.version:
            placed = {
                name: self._devices.placed(value)
                for name, value in self.parameters.items()
                if name in self._axes
            }
            self._held = self.parameters.version, placed
        return self._held[1]


def _batch_axis(leaf: tg.Node) -> int | None:
    """The axis of the batch in what is fed to a leaf: time stands before the others."""
    if "batch" not in leaf.shape:
        return None
    return leaf.shape.index("batch") + (leaf.time is not None)
