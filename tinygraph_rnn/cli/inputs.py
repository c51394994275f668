"""What several commands read: the run folder, and the text."""

import argparse
from typing import Any

import tinygraph as tg
from tinygraph_rnn.checking import check_choice
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.run_options import ENCODING, RUN_OPTIONS

__all__ = [
    "check_encoding_counts",
    "named_corpus",
    "named_run",
    "take_run_options",
]


def take_run_options(options: argparse.Namespace, settings: dict[str, Any]) -> None:
    """Move the options of a run from a file's settings to those not given by command.

    Raises:
        ConfigError: the backend or the plan for memory is none.
    """
    for name, option in RUN_OPTIONS.items():
        value = settings.pop(name, option.default)
        beaten = name == "epochs" and options.updates is not None
        if getattr(options, name) is None and not beaten:
            setattr(options, name, value)
    check_choice("backend", options.backend, tg.backend_names())
    if options.memory is not None:
        check_choice("memory", options.memory, RUN_OPTIONS["memory"].choices)


def named_run(options: argparse.Namespace) -> RunFolder:
    """Return the run folder that is named, or else the latest."""
    return RunFolder.latest() if options.run is None else RunFolder(options.run)


def named_corpus(options: argparse.Namespace) -> Corpus:
    """Return the text that is named, or else the embedded one."""
    if options.text is None:
        check_encoding_counts(options)
    return Corpus(options.text, options.encoding or ENCODING)


def check_encoding_counts(options: argparse.Namespace) -> None:
    """Refuse --encoding without --text.

    Raises:
        ConfigError: there is no --text.
    """
    if options.encoding is not None:
        raise ConfigError("--encoding is that of a --text FILE: give both, or neither")
