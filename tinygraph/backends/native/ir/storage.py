"""Where each computed node of a region lives.

- total: one value for all steps, added up as they run;
- long: a value per step, for others or for delays;
- scratch: one value, overwritten at the next step;
- row: one row, where its readers stand in the same nest and read of this row or (a
  running sum) of the one right before it;
- local: a variable, where its readers stand in the same loop.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tinygraph.backends.native.ir.indices import Indices
from tinygraph.backends.native.ir.nests import INNER, Nest, reads_of
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.statements import Work
from tinygraph.core.nodes import Node

TOTAL, LONG, SCRATCH, ROW, LOCAL = "total", "long", "scratch", "row", "local"


class Home(NamedTuple):
    """Where a work stands."""

    nest: int
    stretch: int
    at: Indices
    work: Work


def storage_of(region: Region, nests: Sequence[Nest]) -> dict[Node, str]:
    """Return where each computed node of a region lives."""
    homes = _homes(nests)
    found = {node: _least(region, node, len(homes[node])) for node in region.computed}
    for number, nest in enumerate(nests):
        if nest.call is not None:
            found[nest.call.node] = _more(found[nest.call.node], SCRATCH)
            for access in reads_of(region, nest.call, ()):
                if access.node in found:
                    found[access.node] = _more(found[access.node], SCRATCH)
        for work, index, stretch in nest.works:
            for access in reads_of(region, work, index):
                if access.node in found:
                    home = homes[access.node][0]
                    need = _need(home, access.index, number, stretch)
                    if need == ROW and not _in_last_row(home.at, access.index):
                        need = SCRATCH
                    found[access.node] = _more(found[access.node], need)
    return found


def _least(region: Region, node: Node, works: int) -> str:
    """Return where a node would live if nothing read it within."""
    if node.type.time is None:
        return TOTAL
    if node in region.long:
        return LONG
    return LOCAL if works == 1 else SCRATCH


def _homes(nests: Sequence[Nest]) -> dict[Node, list[Home]]:
    """Return for each node where its works stand."""
    homes: dict[Node, list[Home]] = {}
    for number, nest in enumerate(nests):
        if nest.call is not None:
            homes.setdefault(nest.call.node, []).append(Home(number, 0, (), nest.call))
        for work, index, stretch in nest.works:
            homes.setdefault(work.node, []).append(Home(number, stretch, index, work))
    return homes


def _need(home: Home, read: Indices, number: int, stretch: int) -> str:
    """Return the least that a reader needs."""
    if home.nest != number or home.work.kind == "call":
        return SCRATCH
    if home.work.kind in ("fold", "arg"):
        return LOCAL
    if home.work.kind not in ("map", "copy"):
        return SCRATCH
    along = any(INNER in place.uses for place in home.at)
    if read == home.at and (home.stretch == stretch or not along):
        return LOCAL
    return ROW if along else SCRATCH


def _in_last_row(at: Indices, read: Indices) -> bool:
    """Return True if what is read was in the row that `at` overwrites, or is to come.

    A sum that runs along the innermost of the outer loops reads the row before; along
    another one, all rows of the loops within lie between.
    """
    outer = [place for place in at if place.uses and INNER not in place.uses]
    far = outer[:-1]
    return all(
        place == other for place, other in zip(at, read, strict=True) if place in far
    )


def _more(a: str, b: str) -> str:
    order = (LOCAL, ROW, SCRATCH, LONG, TOTAL)
    return max(a, b, key=order.index)
