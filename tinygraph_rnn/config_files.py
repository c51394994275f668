"""Settings from a TOML file: the names of `Config`, at the top or in [tables]."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tinygraph_rnn.checking import near
from tinygraph_rnn.config import Config
from tinygraph_rnn.errors import ConfigError

__all__ = ["read_config"]


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the settings of a TOML file: name → value, as `Config(**...)` takes.

    Tables only group: `[model]` and `[training]` may hold any setting. Dashes in
    names count as underscores, whole numbers as floats where floats are wanted.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or names an unknown
            setting (with the nearest known one).
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ConfigError(f"cannot read the config {str(path)!r}: {reason}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"config {str(path)!r} is no TOML: {problem}") from None
    defaults = {each.name: each.default for each in fields(Config)}
    settings: dict[str, Any] = {}
    for written, value in _flat(content):
        name = written.replace("-", "_")
        if name not in defaults:
            raise ConfigError(
                f"config {str(path)!r}: unknown setting {written!r}"
                f"{near(name, defaults)}"
            )
        if name in settings:
            raise ConfigError(f"config {str(path)!r} says {written!r} twice")
        if isinstance(defaults[name], float) and type(value) is int:
            value = float(value)
        settings[name] = value
    return settings


def _flat(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in content.items():
        found += value.items() if isinstance(value, dict) else [(name, value)]
    return found
