"""What every exception shares: data declared by its class, copies and pickles of it."""

import difflib
import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar, dataclass_transform

_LONGEST = 60
"""No longer word is compared with others."""

E = TypeVar("E", bound="TinygraphError")


def did_you_mean(word: Any, known: Iterable[Any]) -> str:
    """Return ` (did you mean 'variables'?)`, or nothing where no known word is near.

    Letters may be large or small; only words are looked at.
    """
    words = {known.lower(): known for known in known if isinstance(known, str)}
    if not isinstance(word, str) or len(word) > _LONGEST:
        return ""
    near = difflib.get_close_matches(word.lower(), list(words), 1)
    return f" (did you mean {words[near[0]]!r}?)" if near else ""


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
def with_data(error_class: type[E]) -> type[E]:
    """Give an error the attributes that its class declares, as keywords."""
    return dataclass(eq=False, repr=False, kw_only=True)(error_class)


@with_data
class TinygraphError(Exception):
    """The base of every error that tinygraph raises on purpose.

    Attributes:
        message: what is wrong, where, and what to do.
    """

    message: str = field(kw_only=False)

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __copy__(self) -> Self:
        again = _without_data(type(self), self.message)
        again.__dict__.update(self.__dict__)
        return again

    def __deepcopy__(self, memo: Any) -> Self:
        return self.__copy__()

    def __reduce__(self) -> Any:
        """Pickles keep the data, but for what cannot be pickled: computed nodes."""
        data = {name: value for name, value in vars(self).items() if _portable(value)}
        return _without_data, (type(self), self.message), data


def _portable(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:
        return False
    return True


def _without_data(error_class: type[E], message: str) -> E:
    error = error_class.__new__(error_class)
    Exception.__init__(error, message)
    return error
