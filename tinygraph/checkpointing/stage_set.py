"""StageSet: a set of stages, small whole numbers; a graph has one for each node."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageSet:
    """A set of stages; stage s is in it where bit s of `bits` is set.

    Example:
        >>> from tinygraph.checkpointing.stage_set import StageSet
        >>> found = StageSet.of(1) | StageSet.of(3)
        >>> list(found), found.first, found.last, 2 in found
        ([1, 3], 1, 3, False)
    """

    bits: int = 0

    @classmethod
    def of(cls, stage: int) -> "StageSet":
        """Return the set of one stage."""
        return cls(1 << stage)

    @classmethod
    def between(cls, first: int, end: int) -> "StageSet":
        """Return the set of the stages first, ..., end - 1."""
        return cls((1 << end) - (1 << first))

    @property
    def first(self) -> int:
        """The earliest stage of a set that is not empty."""
        return (self.bits & -self.bits).bit_length() - 1

    @property
    def last(self) -> int:
        """The latest stage of a set that is not empty."""
        return self.bits.bit_length() - 1

    def __or__(self, other: "StageSet") -> "StageSet":
        return StageSet(self.bits | other.bits)

    def __and__(self, other: "StageSet") -> "StageSet":
        return StageSet(self.bits & other.bits)

    def __bool__(self) -> bool:
        return self.bits != 0

    def __contains__(self, stage: object) -> bool:
        return isinstance(stage, int) and bool(self.bits >> stage & 1)

    def __iter__(self) -> Iterator[int]:
        return (s for s in range(self.bits.bit_length()) if self.bits >> s & 1)
