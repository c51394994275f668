"""Options of `tinygraph-rnn train` that are no settings of the model or its training.

They say where a run reads and writes and what computes it. Declared once: the options
of the command, their help and what config files may hold are read off here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import tinygraph as tg
from tinygraph_rnn.training.run_folder import RUNS

__all__ = ["ENCODING", "RUN_OPTIONS", "RunOption"]

ENCODING = "utf-8"
"""Of a text whose encoding is not said."""


@final
@dataclass(frozen=True)
class RunOption:
    """What there is to say about an option beside its name.

    Attributes:
        type: of its value; ints are at least 1.
        metavar: what stands for the value in the help.
        help: what it is.
        choices: the values it may have; empty: any.
        default: what counts where it is not given; None: that depends on the run.
    """

    type: type[str] | type[int]
    metavar: str
    help: str
    choices: tuple[str, ...] = ()
    default: str | int | None = None


RUN_OPTIONS: Mapping[str, RunOption] = {
    "text": RunOption(
        str,
        "FILE",
        "the text, of any size; -: standard input, which the run folder keeps; "
        "default: the Python reference",
    ),
    "encoding": RunOption(str, "NAME", f"of the file of --text; default: {ENCODING}"),
    "output": RunOption(str, "DIR", f"run folder; default: the next in {RUNS}/"),
    "backend": RunOption(
        str,
        "NAME",
        f"what runs the graphs: {', '.join(tg.backend_names())}; default: auto, which "
        "is native where llvmlite is installed, else numpy",
        choices=tg.backend_names(),
        default="auto",
    ),
    "memory": RunOption(
        str,
        "PLAN",
        "checkpoint: keep only the states between stretches of steps and compute the "
        "rest again for the gradient, for chunks of many steps; default: keep all",
        choices=("checkpoint",),
    ),
    "devices": RunOption(
        int,
        "N",
        "devices of JAX, in each process, that share the batch (--backend jax); "
        "default: 1",
        default=1,
    ),
    "epochs": RunOption(int, "N", "whole passes over the text in all, for --updates"),
    "threads": RunOption(
        int,
        "N",
        "threads of matrix products; more only pay on idle cores; default: 1",
        default=1,
    ),
}
"""Name, on the command line and in config files → declaration."""
