"""Loops over rows that stand one after another become one loop over all of them.

Rows of eight numbers, or of three, are no vectors worth their loop. Where all that a
nest reads and writes lies, along some of its innermost loops, as its elements follow
each other, these are counted by one variable: `b[t, i0, 0][j]` is then read beyond its
row, within its array. Decided when storage is: what stands where stays as it was.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from tinygraph.backends.native.ir.indices import ZERO, Index, Indices
from tinygraph.backends.native.ir.nests import (
    INNER,
    Nest,
    Recorder,
    RowLoop,
    outer_name,
    reads_of,
)
from tinygraph.backends.native.ir.regions import Access, Region
from tinygraph.backends.native.ir.rules import is_elementwise, target_of
from tinygraph.backends.native.ir.statements import Kind, Statement
from tinygraph.backends.native.ir.storage import ROW, Storage
from tinygraph.core.nodes import Node

PLAIN = (Kind.COPY, Kind.INSERT, Kind.FILL, Kind.ADD, Kind.DIVIDE)
"""Statements that know no place but where they read and write; so do elementwise."""


def collapsed(
    region: Region, nests: Sequence[Nest], storage: Mapping[Node, Storage]
) -> list[Nest]:
    """Return the nests with as few loops as their elements allow."""
    return [_collapsed(region, nest, storage) for nest in nests]


def _collapsed(region: Region, nest: Nest, storage: Mapping[Node, Storage]) -> Nest:
    row = nest.row_loops[0].dim if nest.row_loops else None
    if not isinstance(row, int) or any(each.dim != row for each in nest.row_loops):
        return nest
    accesses = _accesses(region, nest, storage)
    if accesses is None:
        return nest
    loops: list[tuple[str, int]] = [(INNER, row)]
    for place in range(len(nest.outer) - 1, -1, -1):
        length = nest.outer[place]
        longer = (outer_name(place), length)
        if not isinstance(length, int) or not all(
            _in_one_piece(each, [longer, *loops]) for each in accesses
        ):
            break
        loops.insert(0, (outer_name(place), length))
    return _counted_by_one(nest, loops) if len(loops) > 1 else nest


def _accesses(
    region: Region, nest: Nest, storage: Mapping[Node, Storage]
) -> list[Access] | None:
    """Return what a nest reads and writes; None where one loop would not do."""
    found: list[Access] = []
    for statement, index, _ in nest.statements:
        if not _is_plain(statement):
            return None
        target = target_of(statement, index, Recorder(region))
        found += [Access(statement.node, target), *reads_of(region, statement, index)]
    rows = any(storage.get(each.node) == ROW for each in found)
    return None if rows else found


def _is_plain(statement: Statement) -> bool:
    node = statement.node
    if node.op.contextual:
        return False
    return statement.kind in PLAIN or (
        statement.kind is Kind.MAP and is_elementwise(node)
    )


def _in_one_piece(access: Access, loops: Sequence[tuple[str, int | str]]) -> bool:
    """Return True if an access goes on from row to row, or stays where it is.

    Args:
        loops: variable and length of those that become one, the outermost first.
    """
    index, shape = access.index, access.node.type.shape
    names = [name for name, _ in loops]
    uses = [bool(place.uses & {*names, "?"}) for place in index]
    if not any(uses):
        return True
    count, lead = len(loops), len(index) - len(loops)
    if any(uses[:lead]) or lead < 0 or len(shape) != len(index):
        return False
    plain = [Index(name, 0, frozenset([name])) for name in names]
    first = dataclasses.replace(index[lead], offset=0)
    if [first, *index[lead + 1 :]] != plain or index[lead].offset < 0:
        return False
    return shape[lead + 1 :] == tuple(length for _, length in loops[1:count])


def _counted_by_one(nest: Nest, loops: Sequence[tuple[str, int]]) -> Nest:
    """Return a nest whose last loop runs through all rows, from row 0 on."""
    gone = {name for name, _ in loops} - {INNER}
    total = 1
    for _, length in loops:
        total *= length
    row_loops = [
        RowLoop(total, [(each, _begun(index, gone)) for each, index in row.statements])
        for row in nest.row_loops
    ]
    outer = nest.outer[: len(nest.outer) - len(gone)]
    return dataclasses.replace(nest, outer=outer, row_loops=row_loops)


def _begun(index: Indices, gone: set[str]) -> Indices:
    return tuple(ZERO if place.uses & gone else place for place in index)
