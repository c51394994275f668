"""Settings from a TOML file: the names of `Config`, at the top or in [tables].

Beside them the file may hold the options of a run, `RUN_OPTIONS`.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tinygraph_rnn.checking import check_sizes, did_you_mean
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.training.run_options import RUN_OPTIONS

__all__ = ["read_config"]


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the settings of a TOML file: name → value, as `Config(**...)` takes.

    Tables only group: `[model]` and `[training]` may hold any setting. Dashes in
    names count as underscores, whole numbers as floats where floats are wanted. A byte
    order mark is left out. The options of a run (`RUN_OPTIONS`) are among the result
    where the file has them; files are named as from the working directory.

    Raises:
        ConfigError: the file cannot be read, is no TOML, names an unknown setting (with
            the nearest known one), or an option of a run has a value of another type.
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ConfigError(f"cannot read the config {str(path)!r}: {reason}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"config {str(path)!r} is no TOML: {problem}") from None
    defaults = {each.name: each.default for each in fields(Config)}
    settings: dict[str, Any] = {}
    for written, value in _flat(content):
        name = written.replace("-", "_")
        if name not in defaults and name not in RUN_OPTIONS:
            raise ConfigError(
                f"config {str(path)!r}: unknown setting {written!r}"
                f"{did_you_mean(name, (*defaults, *RUN_OPTIONS))}"
            )
        if name in settings:
            raise ConfigError(f"config {str(path)!r} says {written!r} twice")
        if isinstance(defaults.get(name), float) and type(value) is int:
            value = float(value)
        if name in RUN_OPTIONS:
            _check_run_option(path, name, value)
        settings[name] = value
    if settings.keys() >= {"epochs", "updates"}:
        raise ConfigError(
            f"config {str(path)!r} says both 'epochs' and 'updates': leave one out"
        )
    return settings


def _check_run_option(path: object, name: str, value: Any) -> None:
    wanted = RUN_OPTIONS[name].type
    if type(value) is not wanted:
        kind = "an int" if wanted is int else "a text in quotes"
        raise ConfigError(f"config {str(path)!r}: {name} must be {kind}, not {value!r}")
    if isinstance(value, int):
        check_sizes(**{name: value})


def _flat(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in content.items():
        found += value.items() if isinstance(value, dict) else [(name, value)]
    return found
