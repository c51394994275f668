"""How a setting of a run is declared: all that is to be said about it, once.

The command line's options and help, the names and types in config files, the checks and
the documentation of `Config` are read off the declaration, and so is what happens to a
setting where a run goes on.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, final

from tinygraph_rnn.checking import check_choice, check_flags

__all__ = ["Setting", "declared", "described", "setting"]

_KEY = "setting"

T = TypeVar("T")


@final
@dataclass(frozen=True)
class Setting:
    """What there is to say about a setting beside its name, type and default.

    Attributes:
        help: what it is, in a few words; the names of other settings in backquotes.
        demand: called with the value by name; raises ConfigError if it makes no sense.
        choices: the values it may have, where they are words; no `demand` is needed.
        detail: what the documentation says after `help`.
        of_model: whether it is an argument of `LanguageModel`.
        is_shape: whether it decides which weights a model has, and what they mean, so
            that it cannot change when a run goes on.
        stays: why it cannot change then either; empty where it can, or is a shape.
        cuts_text: whether it decides where in the text an update reads.
        before: what counts in checkpoints that were written before there was the
            setting; None: all have it.
    """

    help: str
    demand: Callable[..., None] = check_flags
    choices: tuple[str, ...] = ()
    detail: str = ""
    of_model: bool = False
    is_shape: bool = False
    stays: str = ""
    cuts_text: bool = False
    before: Any = None

    def check(self, name: str, value: Any) -> None:
        """Demand that `value` makes sense for the setting `name`.

        Raises:
            ConfigError: it does not; names the setting.
        """
        if self.choices:
            check_choice(name, value, self.choices)
        else:
            self.demand(**{name: value})


def setting(
    default: Any,
    help: str,
    demand: Callable[..., None] = check_flags,
    *,
    choices: Iterable[str] = (),
    **more: Any,
) -> Any:
    """Return the field of a setting, for the body of a dataclass.

    Args:
        default: its value where none is given; its type is that of the setting.
        help, demand, choices, more: as of `Setting`.
    """
    made = Setting(help, demand, tuple(choices), **more)
    return field(default=default, metadata={_KEY: made})


def declared(kind: Any) -> Mapping[str, Setting]:
    """Return name → declaration of the settings of a dataclass, in their order."""
    return {each.name: each.metadata[_KEY] for each in fields(kind)}


def described(kind: type[T]) -> type[T]:
    """Decorate a dataclass: its docstring lists the settings before what it raises."""
    lines = ["Attributes:"]
    for name, each in declared(kind).items():
        more = f"; {each.detail}" if each.detail else ""
        lines.append(f"    {name}: {each.help}{more}.")
    before, raises, after = (inspect.getdoc(kind) or "").partition("Raises:")
    kind.__doc__ = before + "\n".join(lines) + "\n\n" + raises + after
    return kind
