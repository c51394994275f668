"""Names as pictures show them: subscripts of time, shortening, safe characters."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

LONGEST = 28
"""Longer names are cut, but not the user's labels; hover texts have whole names."""

_DIGITS = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LETTERS = dict(zip("aehijklmnoprstuvx", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_TEMPLATE = re.compile("ₜ(?:([₊₋])([₀-₉]+))?")


@dataclass(frozen=True)
class Moment:
    """A step as a picture names it: t + number, or the plain number.

    Attributes:
        number: the offset from t, or the number of the step.
        relative: whether `number` counts from t.
        axis: the name of the time axis.
        letter: its subscript, see `axis_letters`.
    """

    number: int = 0
    relative: bool = True
    axis: str = "t"
    letter: str = "ₜ"

    def later(self, steps: int) -> "Moment":
        """Return the moment `steps` later (earlier where negative)."""
        return replace(self, number=self.number + steps)

    @property
    def subscript(self) -> str:
        """`ₜ₋₁`, or `₃`."""
        if not self.relative:
            return f"{self.number}".translate(_DIGITS)
        offset = f"{self.number:+d}".translate(_DIGITS) if self.number else ""
        return self.letter + offset

    @property
    def title(self) -> str:
        """`step t−1`, or `t = 3`."""
        if not self.relative:
            return f"{one_line(self.axis)} = {self.number}".replace("-", "−")
        offset = f"{self.number:+d}" if self.number else ""
        return f"step {one_line(self.axis)}{offset}".replace("-", "−")


@dataclass(frozen=True)
class Label:
    """The text of a box at each moment.

    Attributes:
        text: the first line, as it is drawn: names are cut before, texts of the
            user are not.
        below: further lines, the same at each moment.
        in_time: True where the first line takes the subscript of the moment. A
            text that holds ₜ, ₜ₋₁ … is a template instead: its subscripts move.
        per_step: texts for the steps 0, 1, …, where the user gave them.
    """

    text: str
    below: str = ""
    in_time: bool = False
    per_step: tuple[str, ...] = ()

    @property
    def still(self) -> str:
        """The text of a box that is outside time."""
        return Label(self.text, self.below).at(Moment())

    def with_line(self, line: str) -> "Label":
        """Return the label with one more line below, where that is not empty."""
        below = "\n".join(filter(None, (self.below, line)))
        return replace(self, below=below)

    def at(self, moment: Moment, step: int | None = None) -> str:
        """Return the text at a moment, step `step` of the sequence."""
        if step is not None and 0 <= step < len(self.per_step):
            return self.per_step[step]
        first = self.text
        if self.in_time and "ₜ" in first:
            first = _TEMPLATE.sub(lambda found: _moved(found, moment), first)
        elif self.in_time:
            first += moment.subscript
        return f"{first}\n{self.below}" if self.below else first


def axis_letters(axes: Iterable[str]) -> dict[str, str]:
    """Return the subscript of each time axis: the first letter that no other has."""
    found: dict[str, str] = {}
    for axis in sorted(axes, key=lambda axis: len(axis) > 1):
        names = (*axis.lower(), *"tsijklmn", *_LETTERS)
        letters = (_LETTERS[name] for name in names if name in _LETTERS)
        free = (letter for letter in letters if letter not in found.values())
        found[axis] = next(free, "ₜ")
    return found


def _moved(found: re.Match[str], moment: Moment) -> str:
    sign, digits = found.groups()
    offset = int(unicodedata.normalize("NFKC", digits)) if digits else 0
    return moment.later(-offset if sign == "₋" else offset).subscript


def printable(text: str) -> str:
    """Return `text` with what XML and terminals cannot hold made visible.

    Control characters become their pictures (␀ … ␡), lone surrogates and
    noncharacters U+FFFD. Nothing else changes.
    """
    return "".join(map(_printable_char, text))


def _printable_char(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0x80 or code == 0x85:
        return char if code < 0x80 else "\ufffd"
    if code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    if 0xFDD0 <= code < 0xFDF0:
        return "\ufffd"
    return char


def one_line(name: str) -> str:
    """Return a name as one printable line, cut in the middle where it is long."""
    if len(name) > LONGEST:
        name = f"{name[: LONGEST * 2 // 3]}…{name[-LONGEST // 4 :]}"
    return printable(name)


def printable_lines(text: str) -> str:
    """Return a text of several lines with each made printable."""
    return "\n".join(map(printable, text.split("\n")))


def base_name(name: str) -> str:
    """Return a variable's name without a spelt-out time: `x_t` is x."""
    return name[:-2] if name.endswith("_t") and len(name) > 2 else name


def previous_of(name: str) -> str | None:
    """Return whose past a delay's name says it holds: h for `h_prev`."""
    for ending in ("_prev", "_previous", "_last", "_old", "_next"):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    for start in ("prev_", "previous_", "last_", "next_"):
        if name.startswith(start) and len(name) > len(start):
            return name.removeprefix(start)
    return None


def slug(text: str) -> str:
    """Return `text` as ASCII letters, digits and underscores, never empty."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", text[:LONGEST]).strip("_")
    return found if found[:1].isalpha() else f"n{found}"


def width_of(text: str) -> float:
    """Return roughly how wide a text is drawn, in characters."""
    return max(sum(map(_char_width, line)) for line in text.split("\n"))


def _char_width(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 2.0
    return 0.6 if "₀" <= char <= "ₜ" else 1.0
