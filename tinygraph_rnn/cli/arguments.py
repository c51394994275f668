"""The options of `tinygraph-rnn`: what each command takes, and its help."""

import argparse
from typing import Any, NoReturn, final

import tinygraph as tg
from tinygraph_rnn.cli import commands
from tinygraph_rnn.cli.inputs import BACKENDS, ENCODING
from tinygraph_rnn.cli.pictures import PICTURES
from tinygraph_rnn.cli.sample_command import TEMPERATURE
from tinygraph_rnn.models.config import CHOICES, Config
from tinygraph_rnn.training.run_folder import RUNS
from tinygraph_rnn.training.terminal import printable

__all__ = ["USER_ERROR", "parser"]

USER_ERROR = 2

_HELP = {
    "tokens": "what is read and written",
    "vocabulary_size": "most frequent words known, 0: all",
    "cell": "what recurs",
    "hidden_size": "units of each recurrent layer",
    "num_layers": "recurrent layers",
    "learned_init": "train the states that streams begin with",
    "residual": "add a layer's input to its output, from the second up",
    "tied": "one table for embedding and output",
    "dropout": "share of units dropped at each layer's output",
    "input_dropout": "share of the embedding's units dropped",
    "variational": "one dropout mask for all steps of a chunk",
    "weight_drop": "share of the recurrent weights dropped",
    "zoneout": "probability that a unit keeps its value",
    "label_smoothing": "share of the target spread over all tokens",
    "seq_length": "steps that gradients flow back",
    "stride": "new steps per update, 0: as --seq-length",
    "batch_size": "streams read side by side",
    "updates": "parameter updates in all",
    "learning_rate": "at the start",
    "schedule": "of the learning rate",
    "warmup": "updates in which the learning rate first rises",
    "optimizer": "how to move",
    "weight_decay": "pull of the parameters towards 0",
    "grad_clip": "limit of the global gradient norm",
    "clip_value": "limit of each entry of a gradient, 0: none",
    "held_out": "share of the text never trained on, 0: none",
    "evaluate_every": "updates between evaluations and checkpoints",
    "patience": "evaluations without a new best before an early end, 0: never",
    "seed": "of the first weights and all masks",
    "dtype": "of weights, and of all that is computed from them",
}


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
        (commands.train, _add_train),
        (commands.sample, _add_sample),
        (commands.evaluate, _add_evaluate),
        (commands.draw, _add_draw),
    ):
        summary = (command.__doc__ or "").strip()
        subparser = subparsers.add_parser(
            command.__name__, help=summary, description=summary
        )
        subparser.set_defaults(command=command)
        add_options(subparser)
    return made


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--text",
        metavar="FILE",
        help="the text, of any size; -: standard input, which the run folder keeps; "
        "default: the Python reference",
    )
    _add_encoding(parser)
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings in TOML, by the names of these options, which override it",
    )
    parser.add_argument(
        "--output", metavar="DIR", help=f"run folder; default: the next in {RUNS}/"
    )
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
    parser.add_argument(
        "--threads",
        type=_positive,
        metavar="N",
        help="threads of matrix products; more only pay on idle cores; default: 1",
    )
    _add_backend(parser)
    _add_settings(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """One option per setting; of `--updates` and `--epochs` only one."""
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--epochs",
        type=_positive,
        metavar="N",
        help="whole passes over the text in all, for --updates",
    )
    defaults = Config()
    for name, meaning in _HELP.items():
        default = getattr(defaults, name)
        known: dict[str, Any] = {"type": type(default), "metavar": "X"}
        if isinstance(default, bool):
            known = {"action": argparse.BooleanOptionalAction}
        elif name in CHOICES:
            known = {"choices": CHOICES[name], "metavar": "NAME"}
            meaning = f"{meaning}: {', '.join(CHOICES[name])}"
        option = f"--{name.replace('_', '-')}"
        group = length if name == "updates" else parser
        group.add_argument(option, help=f"{meaning}; default: {default}", **known)


def _add_backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        metavar="NAME",
        help=f"what runs the graphs: {', '.join(BACKENDS)}; default: auto, which is "
        "numba where it is installed, else numpy",
    )


def _add_encoding(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help=f"of the file of --text; default: {ENCODING}",
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a whole number >= 1, not {text!r}"
        ) from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be >= 1, not {number}")
    return number


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
        type=_positive,
        metavar="WIDTH",
        help="instead of drawing by the options above and --seed, search the "
        "likeliest text among so many",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the draws; default: 0"
    )
    _add_backend(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument(
        "--text",
        metavar="FILE",
        help="-: standard input; default: the held-out part of the training text",
    )
    _add_encoding(parser)
    parser.add_argument(
        "--unknown",
        choices=("skip", "error"),
        metavar="HOW",
        help="characters the model never saw: skip, or error; default: error",
    )
    parser.add_argument(
        "--streams",
        type=_positive,
        metavar="N",
        help="places read at once, 1: all in one go; default: as in training",
    )
    _add_backend(parser)


def _add_draw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cell", choices=PICTURES, default="lstm", help="default: %(default)s"
    )
    parser.add_argument(
        "--steps", type=int, metavar="N", help="unroll over N steps; default: folded"
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="FILE",
        help="by its suffix: svg, pdf, png, tex, or html (interactive)",
    )
