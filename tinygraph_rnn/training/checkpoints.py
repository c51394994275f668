"""Checkpoints: one safetensors file with JSON beside the arrays, no pickle.

One file rather than two, so that arrays and JSON can never be of different ages.
"""

import json
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from tinygraph_rnn.checking import shown
from tinygraph_rnn.errors import CheckpointError
from tinygraph_rnn.files import open_file, write_atomically, writing
from tinygraph_rnn.training.file_headers import Header, Layout, parsed, read_header

__all__ = ["FILE_NAME", "Checkpoint", "load", "save"]

FILE_NAME = "checkpoint.safetensors"
FORMAT = "tinygraph_rnn checkpoint 1"
FAMILIES = ("parameters", "optimizer", "state")

Arrays = Mapping[str, NDArray[Any]]
Fits = Callable[[Mapping[str, Any], Mapping[str, Layout]], None]


@final
@dataclass(frozen=True)
class Checkpoint:
    """All that a run needs to go on as if it had never stopped.

    Attributes:
        facts: what JSON can hold: configuration, vocabulary, counters.
        parameters, optimizer, state: name → array.
    """

    facts: Mapping[str, Any]
    parameters: Arrays
    optimizer: Arrays = field(default_factory=dict)
    state: Arrays = field(default_factory=dict)


def save(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically.

    Raises:
        StorageError: the disk is full or the folder cannot be written; an older
            checkpoint at `path` stays as it was.
    """
    arrays = {
        f"{family}/{name}": np.asarray(array, order="C")
        for family in FAMILIES
        for name, array in getattr(checkpoint, family).items()
    }
    facts = json.dumps({"format": FORMAT, **checkpoint.facts}, sort_keys=True)
    metadata = {"json": facts, "checksum": _checksum(facts, arrays)}
    kept = "; the checkpoint before it is intact" if Path(path).exists() else ""
    with writing("checkpoint", path, kept):
        write_atomically(
            path, _with_sorted_metadata(safetensors.numpy.save(arrays, metadata))
        )


def load(path: str | os.PathLike[str], fits: Fits | None = None) -> Checkpoint:
    """Read a checkpoint, which may come from anybody.

    Args:
        path: of the file.
        fits: is shown the facts, and the layouts of all arrays as `family/name`,
            before memory is taken for the arrays; raises CheckpointError where they do
            not go together.

    Raises:
        CheckpointError: it is missing, truncated, damaged, or not one of ours.
    """
    try:
        with open_file(path) as file:
            return _read(path, file, fits)
    except OSError as problem:
        raise CheckpointError(
            f"cannot read the checkpoint {str(path)!r}: {problem.strerror or problem}"
        ) from None
    except MemoryError:
        raise CheckpointError(
            f"there is not enough memory for the checkpoint {str(path)!r}"
        ) from None


def _read(path: object, file: BinaryIO, fits: Fits | None) -> Checkpoint:
    """Read header, facts, arrays and checksum, each only if those before it are right.

    If the file is replaced meanwhile, the one that was opened is read to its end.
    """
    size = os.fstat(file.fileno()).st_size
    try:
        header = read_header(file, size)
    except ValueError as problem:
        raise CheckpointError(
            f"{str(path)!r} is damaged or no checkpoint at all: {problem}"
        ) from None
    facts = _facts(path, header)
    if fits is not None:
        try:
            fits(facts, header.layouts)
        except CheckpointError as problem:
            raise CheckpointError(f"{str(path)!r}: {problem}") from None
    file.seek(0)
    try:
        arrays = safetensors.numpy.load(file.read(size))
    except (safetensors.SafetensorError, ValueError, TypeError) as problem:
        raise CheckpointError(
            f"{str(path)!r} is damaged or no checkpoint at all: {problem}"
        ) from None
    if header.metadata["checksum"] != _checksum(header.metadata["json"], arrays):
        raise CheckpointError(
            f"{str(path)!r} is damaged: its contents do not match their checksum. Use "
            "another checkpoint, or train again."
        )
    families: dict[str, dict[str, NDArray[Any]]] = {name: {} for name in FAMILIES}
    for name, array in arrays.items():
        family, _, rest = name.partition("/")
        families[family][rest] = array
    return Checkpoint(facts, **families)


def _facts(path: object, header: Header) -> dict[str, Any]:
    """Return the JSON of a file whose arrays are named as those of a checkpoint."""
    if "json" not in header.metadata or "checksum" not in header.metadata:
        raise CheckpointError(
            f"{str(path)!r} is a safetensors file, but no checkpoint of tinygraph_rnn"
        )
    try:
        facts = parsed(header.metadata["json"])
    except ValueError as problem:
        raise CheckpointError(f"{str(path)!r} is damaged: {problem}") from None
    if not isinstance(facts, dict) or "format" not in facts:
        raise CheckpointError(f"{str(path)!r} is damaged: its facts name no format")
    written_as = facts.pop("format")
    if written_as != FORMAT:
        raise CheckpointError(
            f"{str(path)!r} was written as {shown(written_as)}, but this version reads "
            f"{FORMAT!r}"
        )
    for name in header.layouts:
        family, slash, rest = name.partition("/")
        if family not in FAMILIES or not slash or not rest:
            raise CheckpointError(
                f"{str(path)!r} is damaged or foreign: a checkpoint has no array "
                f"called {shown(name)}"
            )
    return facts


def _with_sorted_metadata(content: bytes) -> bytes:
    """Return the safetensors file with sorted metadata: the library's order varies."""
    header, data = _header_and_data(content)
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join((len(text).to_bytes(8, "little"), text, data))


def _header_and_data(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header of a valid safetensors file (its length, then JSON), and the data."""
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), memoryview(content)[end:]


def _checksum(facts: str, arrays: Arrays) -> str:
    """CRC-32 over the facts, and names and bytes of the arrays in sorted order."""
    crc = zlib.crc32(facts.encode())
    for name in sorted(arrays):
        crc = zlib.crc32(name.encode(), crc)
        crc = zlib.crc32(arrays[name].tobytes(), crc)
    return f"{crc:08x}"
