"""The command line: `tinygraph-rnn train | sample | evaluate | draw`."""

import io
import os
import sys
from collections.abc import Sequence

import tinygraph as tg
from tinygraph_rnn.arguments import USER_ERROR, parser
from tinygraph_rnn.progress import logged
from tinygraph_rnn.terminal import say, warned

__all__ = ["main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    Bad input is one line on standard error and status 2, Ctrl-C is status 130.
    """
    options = parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    command = f"tinygraph-rnn {options.command.__name__}"
    try:
        with logged(), warned(command):
            status: int = options.command(options)
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say(f"{command}: interrupted")
        return INTERRUPTED
    return status
