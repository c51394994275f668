"""Options of the command line, made of the declarations of settings and of runs."""

import argparse
import re
from typing import Any

from tinygraph_rnn.models.config import SETTINGS, Config
from tinygraph_rnn.training.run_options import RUN_OPTIONS

__all__ = ["add_run_option", "add_settings", "option_name", "positive"]


def option_name(setting: str) -> str:
    """Return the option of a setting.

    >>> option_name("seq_length")
    '--seq-length'
    """
    return f"--{setting.replace('_', '-')}"


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add one option per setting, and `--epochs`, which stands for `--updates`."""
    length = parser.add_mutually_exclusive_group()
    add_run_option(length, "epochs")
    for name, setting in SETTINGS.items():
        default = getattr(Config, name)
        known: dict[str, Any] = {"type": type(default), "metavar": "X"}
        meaning = re.sub("`(.*?)`", lambda other: option_name(other[1]), setting.help)
        if isinstance(default, bool):
            known = {"action": argparse.BooleanOptionalAction}
        elif setting.choices:
            known = {"choices": setting.choices, "metavar": "NAME"}
            meaning = f"{meaning}: {', '.join(setting.choices)}"
        group = length if name == "updates" else parser
        group.add_argument(
            option_name(name), help=f"{meaning}; default: {default}", **known
        )


def add_run_option(parser: argparse._ActionsContainer, name: str) -> None:
    """Add an option of `RUN_OPTIONS`."""
    option = RUN_OPTIONS[name]
    parser.add_argument(
        option_name(name),
        type=positive if option.type is int else str,
        choices=option.choices or None,
        metavar=option.metavar,
        help=option.help,
    )


def positive(text: str) -> int:
    """Return the whole number above 0 that an argument says, for argparse."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a whole number >= 1, not {text!r}"
        ) from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be >= 1, not {number}")
    return number
