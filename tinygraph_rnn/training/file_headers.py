"""The header of a safetensors file: what arrays it holds, before one is read."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, final

import numpy as np

__all__ = ["Header", "Layout", "parsed", "read_header"]

MOST_BYTES = 100_000_000
"""Of a header, as in the library."""
MOST_AXES = 32
DTYPES = {
    **{f"F{bits}": np.dtype(f"float{bits}") for bits in (16, 32, 64)},
    **{f"I{bits}": np.dtype(f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"U{bits}": np.dtype(f"uint{bits}") for bits in (8, 16, 32, 64)},
    "BOOL": np.dtype("bool"),
}
"""Name in a header → dtype, of all that a checkpoint may hold."""


@final
@dataclass(frozen=True)
class Layout:
    """The dtype and shape of an array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        return self.dtype.itemsize * math.prod(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


@final
@dataclass(frozen=True)
class Header:
    """The part of a safetensors file that comes before the numbers.

    Attributes:
        metadata: free text, by name.
        layouts: of the arrays, by name.
    """

    metadata: Mapping[str, str]
    layouts: Mapping[str, Layout]


def read_header(file: BinaryIO, size: int) -> Header:
    """Read the header of a file of `size` bytes, and no more than that.

    Raises:
        ValueError: it is none, or not that of a file of this size; in a few words.
    """
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(MOST_BYTES, size - 8):
        raise ValueError("the length of its header makes no sense")
    entries = parsed(file.read(length))
    if not isinstance(entries, dict):
        raise ValueError("its header is no JSON object")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise ValueError("its metadata are no texts")
    layouts = {name: _layout(entry) for name, entry in entries.items()}
    if sum(layout.nbytes for layout in layouts.values()) != size - 8 - length:
        raise ValueError("it is longer or shorter than its arrays")
    return Header(metadata, layouts)


def parsed(text: str | bytes) -> Any:
    """Return what a JSON text holds: names once, numbers finite, not nested deeply.

    Raises:
        ValueError: it is none; in a few words.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"its JSON is damaged: {problem}") from None
    except UnicodeDecodeError:
        raise ValueError("its JSON is not UTF-8") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("its JSON has a name twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"its JSON holds {text}")


def _layout(entry: Any) -> Layout:
    """The layout that an entry of the header describes."""
    if not isinstance(entry, dict) or entry.keys() != {
        *("dtype", "shape", "data_offsets")
    }:
        raise ValueError("its header describes no arrays")
    kind, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise ValueError("it holds an array of no dtype of ours")
    if not _is_sizes(shape) or not _is_sizes(place) or len(place) != 2:
        raise ValueError("the shape of an array makes no sense")
    layout = Layout(DTYPES[kind], tuple(shape))
    if place[1] - place[0] != layout.nbytes:
        raise ValueError("an array is longer or shorter than its shape")
    return layout


def _is_sizes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_AXES
        and all(type(size) is int and 0 <= size < 2**63 for size in value)
    )
