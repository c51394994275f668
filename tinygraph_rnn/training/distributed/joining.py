"""How a process joins the others: they meet, JAX connects them, and they part."""

import atexit
import contextlib
import os
import platform
import sys
from collections.abc import Iterator

import numpy as np

import tinygraph as tg
from tinygraph_rnn.errors import DistributedError
from tinygraph_rnn.starting import INTERRUPTED
from tinygraph_rnn.training.distributed.collectives import (
    Collectives,
    jax_version,
    platform_of_jax,
)
from tinygraph_rnn.training.distributed.group import ALONE, Group
from tinygraph_rnn.training.distributed.placement import Placement
from tinygraph_rnn.training.distributed.rendezvous import meet

__all__ = ["joined"]


@contextlib.contextmanager
def joined(placement: Placement | None, *, computes: bool = False) -> Iterator[Group]:
    """Join the other processes for a block; without a placement there are none.

    Args:
        placement: which process this is.
        computes: JAX does not only add up, but runs the graphs too.

    Raises:
        DistributedError: JAX is not installed, they did not meet, or they are unlike
            each other in versions or machines. In the block: one is gone.
    """
    if placement is None:
        yield ALONE
        return
    facts = {
        "tinygraph": tg.__version__,
        "jax": jax_version(),
        "numpy": np.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
    }
    platform_found = platform_of_jax() if computes else "cpu"
    facts["the platform of JAX"] = platform_found
    connections, told = meet(placement, facts)
    try:
        with Group(placement.process, placement.processes, connections) as group:
            if platform_found.startswith("none"):
                raise DistributedError(f"JAX has no device: {platform_found}")
            collectives = Collectives(placement, told["port"], computes=computes)
            group.add_up_by(collectives.sum, collectives.leave)
            yield group
    except BaseException as problem:
        atexit.register(_leave_at_once, _status(problem))
        raise


def _status(problem: BaseException) -> int:
    """What the process ends with where the command line turns errors into lines."""
    if isinstance(problem, KeyboardInterrupt):
        return INTERRUPTED
    return 2 if isinstance(problem, (tg.TinygraphError, MemoryError)) else 1


def _leave_at_once(status: int) -> None:
    """End before JAX waits for processes that are gone, and aborts without them."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(status)
