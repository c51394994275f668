"""Checkpoints: one safetensors file with JSON beside the arrays, no pickle.

One file rather than two, so that arrays and JSON can never be of different ages.
"""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from tinygraph_rnn.errors import CheckpointError
from tinygraph_rnn.files import write_atomically, writing

__all__ = ["FILE_NAME", "Checkpoint", "load", "save"]

FILE_NAME = "checkpoint.safetensors"
FORMAT = "tinygraph_rnn checkpoint 1"
FAMILIES = ("parameters", "optimizer", "state")

Arrays = Mapping[str, NDArray[Any]]


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
        write_atomically(path, _settled(safetensors.numpy.save(arrays, metadata)))


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: it is missing, truncated, damaged, or not one of ours.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as problem:
        raise CheckpointError(
            f"cannot read the checkpoint {str(path)!r}: {problem.strerror or problem}"
        ) from None
    try:
        arrays = safetensors.numpy.load(content)
    except safetensors.SafetensorError as problem:
        raise CheckpointError(
            f"{str(path)!r} is damaged or no checkpoint at all: {problem}"
        ) from None
    facts = _checked_facts(path, _metadata(content), arrays)
    families: dict[str, dict[str, NDArray[Any]]] = {name: {} for name in FAMILIES}
    for name, array in arrays.items():
        family, _, rest = name.partition("/")
        families[family][rest] = array
    return Checkpoint(facts, **families)


def _settled(content: bytes) -> bytes:
    """The same safetensors file, its metadata sorted: the library's order varies."""
    header, data = _parted(content)
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join((len(text).to_bytes(8, "little"), text, data))


def _metadata(content: bytes) -> Mapping[str, str]:
    """The free part of a valid safetensors header."""
    metadata: Mapping[str, str] = _parted(content)[0].get("__metadata__", {})
    return metadata


def _parted(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header of a valid safetensors file (its length, then JSON), and the data."""
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), memoryview(content)[end:]


def _checked_facts(
    path: object, metadata: Mapping[str, str], arrays: Arrays
) -> dict[str, Any]:
    if "json" not in metadata or "checksum" not in metadata:
        raise CheckpointError(
            f"{str(path)!r} is a safetensors file, but no checkpoint of tinygraph_rnn"
        )
    if metadata["checksum"] != _checksum(metadata["json"], arrays):
        raise CheckpointError(
            f"{str(path)!r} is damaged: its contents do not match their checksum. Use "
            "another checkpoint, or train again."
        )
    facts: dict[str, Any] = json.loads(metadata["json"])
    written_as = facts.pop("format")
    if written_as != FORMAT:
        raise CheckpointError(
            f"{str(path)!r} was written as {written_as!r}, but this version reads "
            f"{FORMAT!r}"
        )
    return facts


def _checksum(facts: str, arrays: Arrays) -> str:
    """CRC-32 over the facts, and names and bytes of the arrays in sorted order."""
    crc = zlib.crc32(facts.encode())
    for name in sorted(arrays):
        crc = zlib.crc32(name.encode(), crc)
        crc = zlib.crc32(arrays[name].tobytes(), crc)
    return f"{crc:08x}"
