"""The options of `tinygraph-rnn`: what each command takes, and its help."""

import argparse
from typing import NoReturn, final

import tinygraph as tg
from tinygraph_rnn.cli.draw_command import draw
from tinygraph_rnn.cli.draw_options import add_draw
from tinygraph_rnn.cli.evaluate_command import evaluate
from tinygraph_rnn.cli.exit_status import USER_ERROR
from tinygraph_rnn.cli.options import add_run_option, add_settings, positive
from tinygraph_rnn.cli.sample_command import TEMPERATURE, sample
from tinygraph_rnn.cli.shared_runs import add_placement
from tinygraph_rnn.cli.train_command import train
from tinygraph_rnn.training.run_folder import RUNS
from tinygraph_rnn.training.terminal import printable

__all__ = ["parser"]


@final
class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        line = printable(f"{self.prog}: error: {message} (see --help)")
        self.exit(USER_ERROR, f"{line}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; `options.command` is what to call."""
    made = _Parser(
        prog="tinygraph-rnn",
        description="Recurrent language models on tinygraph.",
        epilog="Exit status: 0 done; 2 cannot be done; 3 done and saved, but output, "
        "metrics or pictures could not be written; 128 + N stopped by signal N, saved.",
    )
    made.add_argument(
        "--version", action="version", version=f"%(prog)s {tg.__version__}"
    )
    subparsers = made.add_subparsers(required=True, metavar="COMMAND")
    for command, add_options in (
        (train, _add_train),
        (sample, _add_sample),
        (evaluate, _add_evaluate),
        (draw, add_draw),
    ):
        summary = (command.__doc__ or "").strip()
        subparser = subparsers.add_parser(
            command.__name__, help=summary, description=summary
        )
        subparser.set_defaults(command=command)
        add_options(subparser)
    return made


def _add_train(parser: argparse.ArgumentParser) -> None:
    add_run_option(parser, "text")
    add_run_option(parser, "encoding")
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings in TOML, by the names of these options, which override it",
    )
    add_run_option(parser, "output")
    parser.add_argument(
        "--resume",
        metavar="DIR",
        nargs="?",
        const="",
        help="go on with this run (or --output, or the latest) exactly where it "
        "stopped; --updates and --epochs count in all; all may change but the shape of "
        "the model, --held-out and --encoding",
    )
    parser.add_argument(
        "--init-from",
        metavar="RUN",
        help="begin a new run with the weights of this run or checkpoint: the shape of "
        "the model is kept, all else may be new",
    )
    parser.add_argument(
        "--extend-vocabulary",
        action="store_true",
        help="with --init-from: add the characters or words of the text that are new "
        "to the model",
    )
    add_run_option(parser, "threads")
    add_run_option(parser, "backend")
    add_run_option(parser, "memory")
    add_run_option(parser, "devices")
    add_placement(parser)
    add_settings(parser)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help=f"run folder or checkpoint; default: the latest in {RUNS}/",
    )


def _add_sample(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument(
        "--length", type=int, default=500, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--prompt", default="", help="text to go on from")
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="X",
        help=f"0: always the likeliest; 1: as learnt; default: {TEMPERATURE}",
    )
    parser.add_argument(
        "--top-k",
        type=int,
        metavar="K",
        help="draw from the K likeliest tokens only; default: from all",
    )
    parser.add_argument(
        "--top-p",
        type=float,
        metavar="P",
        help="draw from the fewest tokens with probability P only; default: 1",
    )
    parser.add_argument(
        "--beam",
        type=positive,
        metavar="WIDTH",
        help="instead of drawing by the options above and --seed, search the "
        "likeliest text among so many",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the draws; default: 0"
    )
    add_run_option(parser, "backend")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument(
        "--text",
        metavar="FILE",
        help="-: standard input; default: the held-out part of the training text",
    )
    add_run_option(parser, "encoding")
    parser.add_argument(
        "--unknown",
        choices=("skip", "error"),
        metavar="HOW",
        help="characters the model never saw: skip, or error; default: error",
    )
    parser.add_argument(
        "--streams",
        type=positive,
        metavar="N",
        help="places read at once, 1: all in one go; default: as in training",
    )
    add_run_option(parser, "backend")
