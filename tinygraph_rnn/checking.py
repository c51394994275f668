"""Checks of arguments: each error names the argument and says what it may be."""

import difflib
import functools
import inspect
import math
import reprlib
from collections.abc import Callable, Collection, Iterable
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar, get_args, get_type_hints

import numpy as np

from tinygraph_rnn.errors import ConfigError

__all__ = [
    "LONGEST",
    "check_choice",
    "check_dtype",
    "check_flags",
    "check_generator",
    "check_nonnegative",
    "check_positive",
    "check_rates",
    "check_sizes",
    "did_you_mean",
    "explains_arguments",
    "is_finite",
    "is_number",
    "shown",
]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


LONGEST = 60
"""Characters of a value that a message shows."""

_SHORTENER = reprlib.Repr()
_SHORTENER.maxstring = _SHORTENER.maxother = _SHORTENER.maxlong = LONGEST


def shown(value: Any) -> str:
    """Return any value as a few characters in one line."""
    return _SHORTENER.repr(value)


def is_number(value: Any) -> bool:
    """Whether a value is a real number, also one of NumPy, and no bool."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Whether a value is a real number that a float can hold, and no bool."""
    try:
        return is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def check_sizes(least: int = 1, /, **sizes: Any) -> None:
    """Demand ints of at least `least`.

    Raises:
        ConfigError: one is none; names it.
    """
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, Integral) or size < least:
            raise ConfigError(f"{name} must be an int >= {least}, not {size!r}")


def check_rates(**rates: Any) -> None:
    """Demand numbers in [0, 1), such as the share of units that dropout drops.

    Raises:
        ConfigError: one is not; names it.
    """
    for name, rate in rates.items():
        if not is_number(rate) or not 0.0 <= rate < 1.0:
            raise ConfigError(f"{name} must be in [0, 1), not {rate!r}")


def check_positive(**numbers: Any) -> None:
    """Demand finite numbers above zero.

    Raises:
        ConfigError: one is not; names it.
    """
    for name, number in numbers.items():
        if not is_finite(number) or not number > 0.0:
            raise ConfigError(f"{name} must be positive and finite, not {number!r}")


def check_nonnegative(**numbers: Any) -> None:
    """Demand finite numbers of at least zero.

    Raises:
        ConfigError: one is not; names it.
    """
    for name, number in numbers.items():
        if not is_finite(number) or not number >= 0.0:
            raise ConfigError(f"{name} must be >= 0 and finite, not {number!r}")


def check_flags(**flags: Any) -> None:
    """Demand bools.

    Raises:
        ConfigError: one is none; names it.
    """
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise ConfigError(f"{name} must be true or false, not {flag!r}")


def check_generator(rng: Any) -> None:
    """Demand a generator of NumPy, from which first values come.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(rng, np.random.Generator):
        raise ConfigError(
            f"rng must be a NumPy generator, np.random.default_rng(seed), not {rng!r}"
        )


def check_dtype(dtype: Any, *, floating: bool = True) -> None:
    """Demand a float dtype; unless `floating`, one of integers or bools will do too.

    Raises:
        ConfigError: it is none.
    """
    try:
        kind = "" if dtype is None else np.dtype(dtype).kind
    except (TypeError, ValueError):
        kind = ""
    if kind not in tuple("f" if floating else "fiub"):
        wanted = "float" if floating else "float, integer or bool"
        raise ConfigError(
            f"dtype must be a {wanted} type, such as 'float32', not {dtype!r}"
        )


def check_choice(name: str, value: Any, known: Iterable[str]) -> None:
    """Demand one of `known`.

    Raises:
        ConfigError: it is none; lists them, and the nearest one.
    """
    choices = tuple(known)
    if value not in choices:
        raise ConfigError(
            f"{name} must be one of {', '.join(choices)}, not {value!r}"
            f"{did_you_mean(value, choices)}"
        )


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """Return ` (did you mean 'adam'?)`, or nothing where no known word is near."""
    if len(str(word)) > LONGEST:
        return ""
    found = difflib.get_close_matches(str(word), list(known), 1, 0.6)
    return f" (did you mean {found[0]!r}?)" if found else ""


def explains_arguments(
    **advice: str,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorate a method: arguments that only other libraries have raise advice.

    What it does not know is named before what is missing.

    Args:
        advice: such an argument → what to do instead.

    Raises:
        TypeError: (the decorated method) one is given; says what to do. An argument
            is not known.
    """

    def decorate(
        function: Callable[Arguments, Result],
    ) -> Callable[Arguments, Result]:
        known = _keywords_of(function)

        @functools.wraps(function)
        def checked(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
            for name in options:
                if name in advice:
                    what = type(args[0]).__name__
                    raise TypeError(f"{what} takes no {name}=: {advice[name]}")
                if known is not None and name not in known:
                    raise TypeError(
                        f"{function.__qualname__}() got an unexpected keyword argument "
                        f"{name!r}{did_you_mean(name, known)}"
                    )
            return function(*args, **options)

        return checked

    return decorate


def _keywords_of(function: Callable[..., Any]) -> Collection[str] | None:
    """Return what a function takes by keyword, the keys of an unpacked dict too.

    None for one that takes any.
    """
    known: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        known.append(name)
        if parameter.kind is parameter.VAR_KEYWORD:
            unpacked = get_args(parameter.annotation)
            if not unpacked:
                return None
            known += get_type_hints(unpacked[0])
    return known
