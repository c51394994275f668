"""Which settings may change when a run goes on, and which may not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.config import SETTINGS, Config
from tinygraph_rnn.training.run_folder import RunFolder

__all__ = ["CUTS_TEXT", "KEPT", "SHAPE", "changed_config", "changes"]

SHAPE = tuple(name for name, each in SETTINGS.items() if each.is_shape)
"""The settings that decide which weights a model has, and what they mean."""

CUTS_TEXT = tuple(name for name, each in SETTINGS.items() if each.cuts_text)
"""The settings that decide where in the text an update reads."""

KEPT: Mapping[str, str] = {
    **dict.fromkeys(SHAPE, "is the shape of the model, which its weights keep"),
    **{name: each.stays for name, each in SETTINGS.items() if each.stays},
    "encoding": "is how its text was read",
}
"""What stays as it is when a run goes on → why."""


def changed_config(
    folder: RunFolder, config: Config, known: str, encoding: str | None, **settings: Any
) -> Config:
    """Return the settings of a run that goes on with some of them changed.

    Args:
        folder: of the run, for the message.
        config, known: its settings so far, and the encoding of its text.
        encoding, settings: as wanted now.

    Raises:
        ConfigError: one is wanted that must stay; names it, and says why.
    """
    wanted = replace(config, **settings)
    own = {**config.as_facts(), "encoding": known}
    asked = {**wanted.as_facts(), "encoding": encoding or known}
    for name, why in KEPT.items():
        if asked[name] != own[name]:
            raise ConfigError(
                f"the run in {str(folder.path)!r} has {name} {own[name]!r}, not "
                f"{asked[name]!r}: with --resume it stays, it {why}. Leave it "
                "out, or train a new run (--init-from begins with these weights)"
            )
    return wanted


def changes(before: Config, after: Config) -> Mapping[str, tuple[Any, Any]]:
    """Return name → (old, new) of the settings that differ."""
    old, new = before.as_facts(), after.as_facts()
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}
