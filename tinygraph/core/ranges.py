"""Ranges: between which numbers the elements of a value lie, NaN aside.

An op says the range of its result from those of its operands (`Op.bounds`); a range is
one pair for all elements, or one for each column of the last axis.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.core.types import TensorType

MOST_COLUMNS = 4096
"""Of more columns one range is kept for all together."""

Numbers = float | np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Range:
    """Every element that is not NaN lies in [low, high], but for rounding.

    Attributes:
        low, high: numbers, infinities where there is no bound; or arrays of one a
            column of the last axis.

    Example:
        >>> gate, state = tg.Range(0.0, 1.0), tg.Range(-2.0, 3.0)
        >>> gate.times(state)
        Range(low=-2.0, high=3.0)
        >>> tg.Range(1.0, 1.0).minus(gate)
        Range(low=0.0, high=1.0)
    """

    low: Numbers
    high: Numbers

    @property
    def whole(self) -> "Range":
        """The range of all columns together."""
        if _are_plain(self.low, self.high):
            return self
        return Range(float(np.min(self.low)), float(np.max(self.high)))

    @property
    def largest(self) -> float:
        """No element is larger than this, whatever its sign."""
        whole = self.whole
        return float(_higher(abs(float(whole.low)), abs(float(whole.high))))

    def plus(self, other: "Range") -> "Range":
        """Return the range of sums with elements of `other`."""
        return _of(_sum(self.low, other.low, -np.inf), _sum(self.high, other.high))

    def minus(self, other: "Range") -> "Range":
        """Return the range of differences, from which `other` is subtracted."""
        return self.plus(Range(-other.high, -other.low))

    def times(self, other: "Range") -> "Range":
        """Return the range of products with `other`; NaN, as of 0 · ∞, lies nowhere."""
        ends = [_product(a, b) for a in _ends(self) for b in _ends(other)]
        return _hull(ends, ends)

    @property
    def ends(self) -> tuple["Range", "Range"]:
        """The range of the lowest element alone, and of the highest."""
        return Range(self.low, self.low), Range(self.high, self.high)

    @property
    def magnitude(self) -> "Range":
        """The range of |x|."""
        inside = np.maximum(np.maximum(self.low, np.negative(self.high)), 0.0)
        return _of(inside, np.maximum(np.abs(self.low), np.abs(self.high)))

    @property
    def inverse(self) -> "Range":
        """The range of 1 / x; without bound where x may be 0."""
        if np.any((np.asarray(self.low) <= 0) & (np.asarray(self.high) >= 0)):
            return EVERYTHING
        return _of(np.divide(1.0, self.high), np.divide(1.0, self.low))

    def through(self, function: Callable[..., Any], *others: "Range") -> "Range":
        """Return the range of a `function` increasing with it, and with `others`."""
        with np.errstate(all="ignore"):
            low = function(self.low, *[each.low for each in others])
            return _of(low, function(self.high, *[each.high for each in others]))

    def join(self, *others: "Range") -> "Range":
        """Return the range of what lies in this one or in one of `others`."""
        every = (self, *others)
        return _hull([each.low for each in every], [each.high for each in every])


EVERYTHING = Range(-np.inf, np.inf)
ZERO = Range(0.0, 0.0)
UNIT = Range(0.0, 1.0)


def range_of_type(value_type: TensorType) -> Range:
    """Return the range of a value of which the type alone is known."""
    return EVERYTHING if value_type.is_float else _held(value_type.dtype)


@functools.cache
def _held(dtype: np.dtype[Any]) -> Range:
    """Return the range of the finite numbers that a dtype holds."""
    if dtype.kind == "b":
        return UNIT
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return Range(float(info.min), float(info.max))


def side_by_side(parts: Sequence[Range], widths: Sequence[int]) -> Range:
    """Return the range of values joined along the last axis."""
    pairs = list(zip(parts, widths, strict=True))
    low = [np.broadcast_to(part.low, width) for part, width in pairs]
    high = [np.broadcast_to(part.high, width) for part, width in pairs]
    return Range(np.concatenate(low), np.concatenate(high)) if sum(widths) else ZERO


def range_of_columns(value: np.ndarray[Any, Any]) -> Range:
    """Return the range of an array, column by column of its last axis."""
    if not value.size or value.dtype.kind == "b" or np.isnan(value).any():
        return range_of_type(TensorType(value.shape, value.dtype))
    axes = tuple(range(value.ndim - 1))
    low, high = value.min(axes).astype(float), value.max(axes).astype(float)
    found = _of(low, high)
    return found if value.ndim and value.shape[-1] <= MOST_COLUMNS else found.whole


def fitting(found: Range, value_type: TensorType) -> Range:
    """Return a range as a type holds it: integers that leave their range wrap."""
    width = value_type.shape[-1] if value_type.shape else None
    if not _are_plain(found.low) and np.shape(found.low) not in ((), (width,)):
        found = found.whole
    widest = _held(value_type.dtype)
    if value_type.is_float:
        return _overflowing(found, widest.largest)
    inside = np.all(found.low > widest.low) and np.all(found.high < widest.high)
    return found if inside else widest


def _overflowing(found: Range, most: float) -> Range:
    """Return a range in which what a float type cannot hold is infinite."""
    if found.largest <= most:
        return found
    low = np.where(np.less(found.low, -most), -np.inf, found.low)
    return _of(low, np.where(np.greater(found.high, most), np.inf, found.high))


def _ends(each: Range) -> tuple[Numbers, Numbers]:
    return each.low, each.high


def _are_plain(*numbers: Numbers) -> bool:
    """Return True for Python's floats, with which ranges are worked out at once."""
    return all(type(number) is float for number in numbers)


def _lower(a: Numbers, b: Numbers) -> Numbers:
    if _are_plain(a, b):
        return a if a <= b or a != a else b
    return np.minimum(a, b)


def _higher(a: Numbers, b: Numbers) -> Numbers:
    if _are_plain(a, b):
        return a if a >= b or a != a else b
    return np.maximum(a, b)


def _sum(a: Numbers, b: Numbers, unknown: float = np.inf) -> Numbers:
    if _are_plain(a, b):
        plain = a + b
        return plain if plain == plain else unknown
    with np.errstate(all="ignore"):
        total = np.add(a, b)
    return np.where(np.isnan(total), unknown, total)


def _product(a: Numbers, b: Numbers) -> Numbers:
    if _are_plain(a, b):
        plain = a * b
        return plain if plain == plain else 0.0
    with np.errstate(all="ignore"):
        product = np.multiply(a, b)
    return np.where(np.isnan(product), 0.0, product)


def _hull(lows: list[Numbers], highs: list[Numbers]) -> Range:
    low, high = lows[0], highs[0]
    for more, less in zip(lows[1:], highs[1:], strict=True):
        low, high = _lower(low, more), _higher(high, less)
    return _of(low, high)


def _of(low: Any, high: Any) -> Range:
    """Return a range of plain numbers, or of arrays where there are columns."""
    if _are_plain(low, high):
        return Range(low, high)
    if np.ndim(low) or np.ndim(high):
        low, high = np.broadcast_arrays(low, high)
        return Range(low, high)
    return Range(float(low), float(high))
