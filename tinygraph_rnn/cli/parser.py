"""The command line: `tinygraph-rnn train | sample | evaluate | draw`."""

import sys
from collections.abc import Sequence

import tinygraph as tg
from tinygraph_rnn.cli.arguments import parser
from tinygraph_rnn.cli.exit_status import INCOMPLETE, USER_ERROR
from tinygraph_rnn.cli.standard_streams import standard_streams
from tinygraph_rnn.starting import INTERRUPTED, started
from tinygraph_rnn.training.progress import logged
from tinygraph_rnn.training.terminal import say, warned

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    0: all is done; also where who reads the output has had enough (`| head`). 2: it
    cannot be done, which is one line on standard error. 3: it is done and the weights
    are saved, but something beside them (output, messages, metrics, pictures) could not
    be written. 128 and the number of a signal: stopped by it, 130 for Ctrl-C; what a
    training had done by then is saved.
    """
    with standard_streams() as (_, error):
        status = _run(arguments)
    return INCOMPLETE if status == 0 and error.has_lost else status


def _run(arguments: Sequence[str] | None) -> int:
    command = "tinygraph-rnn"
    try:
        started()
        try:
            options = parser().parse_args(arguments)
        finally:
            sys.stdout.flush()
        command = f"{command} {options.command.__name__}"
        with logged(), warned(command):
            status: int = options.command(options)
        if status == 0:
            sys.stdout.flush()
    except tg.TinygraphError as problem:
        say(f"{command}: error: {problem}")
        return USER_ERROR
    except MemoryError as problem:
        say(
            f"{command}: error: not enough memory: {problem}. "
            "Make the model, --batch-size, --seq-length or --beam smaller"
        )
        return USER_ERROR
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        say(f"{command}: interrupted")
        return INTERRUPTED
    return status
