"""One run of many processes: its options, and what each has of the run folder."""

import argparse
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tinygraph_rnn.cli.standard_input import STANDARD_INPUT
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.files import open_file
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.distributed.devices import JAX, check_devices
from tinygraph_rnn.training.distributed.group import Group
from tinygraph_rnn.training.distributed.joining import joined
from tinygraph_rnn.training.distributed.placement import placed
from tinygraph_rnn.training.run_folder import RunFolder

__all__ = ["add_placement", "begun", "gone_on", "taking_part"]


def add_placement(parser: argparse.ArgumentParser) -> None:
    """Add the options by which many processes train as one."""
    parser.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="train by many processes (needs jax): where process 0 listens; by default "
        "as the variables of SLURM or JAX say",
    )
    parser.add_argument(
        "--num-processes", type=int, metavar="N", help="how many; likewise"
    )
    parser.add_argument(
        "--process-id",
        type=int,
        metavar="I",
        help="the number of this one, from 0; likewise",
    )


@contextlib.contextmanager
def taking_part(options: argparse.Namespace) -> Iterator[Group]:
    """Join the processes that the options or variables name; mostly there are none.

    Raises:
        ConfigError: the options make no sense together.
        DistributedError: the processes did not meet, or begin unlike each other.
    """
    given = options.coordinator, options.num_processes, options.process_id
    place = placed(*given)
    if place is not None and options.text == STANDARD_INPUT:
        raise ConfigError(
            "standard input is that of one process: give many of them a --text FILE"
        )
    check_devices(options.devices, options.backend)
    with joined(place, computes=options.backend == JAX) as group:
        group.agree(
            {
                "--resume": options.resume is not None,
                "--init-from": options.init_from is not None,
            }
        )
        yield group


@contextlib.contextmanager
def begun(group: Group, output: str | None) -> Iterator[RunFolder]:
    """Make the folder of a new run for a block: that of process 0 stays."""
    if group.is_first:
        folder = RunFolder(output) if output else RunFolder.next()
        with folder.created():
            yield folder
        return
    with _private_folder(group) as folder:
        yield folder


@contextlib.contextmanager
def gone_on(group: Group, run: Callable[[], RunFolder]) -> Iterator[RunFolder]:
    """Give each process a folder with the checkpoint of a run, to go on in a block.

    Args:
        group: of the process.
        run: names the folder of process 0, whose checkpoint is handed to the others.

    Raises:
        CheckpointError: it cannot be read.
    """
    if group.is_first:
        folder = run()
        with folder.locked():
            if not group.is_alone:
                checkpoints.load(folder.checkpoint)
                with open_file(folder.checkpoint) as file:
                    group.handed_out(file.read())
            yield folder
        return
    content = group.handed_out(None)
    with _private_folder(group) as folder:
        folder.checkpoint.write_bytes(content)
        yield folder


@contextlib.contextmanager
def _private_folder(group: Group) -> Iterator[RunFolder]:
    with tempfile.TemporaryDirectory(prefix="tinygraph-rnn-") as made:
        group.leftovers.append(Path(made))
        yield RunFolder(made)
