"""Where each computed node of a region lives.

- total: one value for all steps, added up as they run;
- long: a value per step, for others or for delays;
- scratch: one value, overwritten at the next step;
- row: one row, where its readers stand in the same nest and read of this row or (a
  running sum) of the one right before it;
- local: a variable, where its readers stand in the same loop.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from tinygraph.backends.native.ir.indices import Indices
from tinygraph.backends.native.ir.nests import INNER, Nest, reads_of
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.statements import Kind, Statement
from tinygraph.core.nodes import Node

Storage = Literal["total", "long", "scratch", "row", "local"]

TOTAL: Final = "total"
LONG: Final = "long"
SCRATCH: Final = "scratch"
ROW: Final = "row"
LOCAL: Final = "local"

_BY_SIZE: tuple[Storage, ...] = (LOCAL, ROW, SCRATCH, LONG, TOTAL)


class Position(NamedTuple):
    """Where a statement stands: its nest, its row loop, and the index of its loops."""

    nest: int
    row_loop: int
    at: Indices
    statement: Statement


def storage_of(region: Region, nests: Sequence[Nest]) -> dict[Node, Storage]:
    """Return where each computed node of a region lives."""
    positions = _positions(nests)
    found = {
        node: _least(region, node, len(positions[node])) for node in region.computed
    }
    for number, nest in enumerate(nests):
        if nest.call is not None:
            found[nest.call.node] = _more(found[nest.call.node], SCRATCH)
            for access in reads_of(region, nest.call, ()):
                if access.node in found:
                    found[access.node] = _more(found[access.node], SCRATCH)
        for statement, index, row_loop in nest.statements:
            for access in reads_of(region, statement, index):
                if access.node in found:
                    writer = positions[access.node][0]
                    need = _need(writer, access.index, number, row_loop)
                    if need == ROW and not _in_last_row(writer.at, access.index):
                        need = SCRATCH
                    found[access.node] = _more(found[access.node], need)
    return found


def _least(region: Region, node: Node, statements: int) -> Storage:
    """Return where a node would live if nothing read it within."""
    if region.time and node.type.time is None:
        return TOTAL
    if node in region.long:
        return LONG
    return LOCAL if statements == 1 else SCRATCH


def _positions(nests: Sequence[Nest]) -> dict[Node, list[Position]]:
    """Return for each node where its statements stand."""
    found: dict[Node, list[Position]] = {}
    for number, nest in enumerate(nests):
        if nest.call is not None:
            position = Position(number, 0, (), nest.call)
            found.setdefault(nest.call.node, []).append(position)
        for statement, index, row_loop in nest.statements:
            position = Position(number, row_loop, index, statement)
            found.setdefault(statement.node, []).append(position)
    return found


def _need(writer: Position, read: Indices, nest: int, row_loop: int) -> Storage:
    """Return the least storage that a reader in a nest's row loop needs."""
    kind = writer.statement.kind
    if writer.nest != nest or kind is Kind.PRODUCT:
        return SCRATCH
    if kind in (Kind.REDUCE, Kind.SEARCH):
        return LOCAL
    if kind not in (Kind.MAP, Kind.COPY):
        return SCRATCH
    along = any(INNER in place.uses for place in writer.at)
    if read == writer.at and (writer.row_loop == row_loop or not along):
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


def _more(a: Storage, b: Storage) -> Storage:
    """Return the storage that holds more."""
    return max(a, b, key=_BY_SIZE.index)
