"""Bars: what the figures must show, and whether they do."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One requirement.

    Attributes:
        what: in words, with its size.
        wanted: the bound.
        got: the figure.
        most: True if the bound is an upper one.
        unit: shown behind the figures.
        cpu: the same figure by CPU time, where a neighbour disturbs the wall's clock.
    """

    what: str
    wanted: float
    got: float
    most: bool = False
    unit: str = "×"
    cpu: float | None = None

    @property
    def met(self) -> bool:
        """True if the figure keeps the bound."""
        return self.got <= self.wanted if self.most else self.got >= self.wanted

    @property
    def row(self) -> list[str]:
        """The cells of a table: what, bound, figure, the figure by CPU time, met."""
        sign = "≤" if self.most else "≥"
        cpu = "" if self.cpu is None else f"{figure(self.cpu)} {self.unit}"
        return [
            self.what,
            f"{sign} {figure(self.wanted)} {self.unit}",
            f"{figure(self.got)} {self.unit}",
            cpu,
            "met" if self.met else "MISSED",
        ]


def figure(number: float) -> str:
    """Return a number with three digits, and no exponent below a million."""
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e6 else f"{number:.3g}"


HEAD = ["bar", "wanted", "got", "by CPU time", ""]


def count_met(bars: Iterable[Bar]) -> str:
    """Return "n of m bars met"."""
    listed = list(bars)
    return f"{sum(bar.met for bar in listed)} of {len(listed)} bars met"
