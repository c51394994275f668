"""From one long text to parallel streams, cut into chunks for truncated BPTT."""

import copy
from collections.abc import Iterator
from typing import NamedTuple, final

import numpy as np

from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.data.vocabularies import Tokens
from tinygraph_rnn.errors import ConfigError, DataError

__all__ = ["Chunk", "Streams", "split"]


@final
class Chunk(NamedTuple):
    """Consecutive steps of all streams: `targets` are `tokens` one step later.

    Both are time-major, int32 of shape (steps, batch).
    """

    tokens: Tokens
    targets: Tokens


def split(tokens: Tokens, held_out: float) -> tuple[Tokens, Tokens]:
    """Return the text before and after the cut: the last part is held out.

    Args:
        tokens: numbers, in the order of the text.
        held_out: the share at the end; 0 ≤ held_out < 1.

    Example:
        >>> before, held_out = rnn.split(np.arange(10), 0.2)
        >>> before, held_out
        (array([0, 1, 2, 3, 4, 5, 6, 7]), array([8, 9]))
    """
    cut = len(tokens) - round(len(tokens) * held_out)
    return tokens[:cut], tokens[cut:]


@final
class Streams:
    """A text read at `batch_size` places at once.

    The text is cut into `batch_size` equal streams (fewer tokens than `batch_size`
    are left over). Chunk k holds the steps from k·stride on, `seq_length` of them,
    of every stream, so a state carried from chunk to chunk follows the text. The
    last chunk may be shorter. Only a chunk at a time is read from `tokens`, which
    may be a memory map.

    Attributes:
        batch_size: how many streams there are.
        rows: the numbers of those that are read: all, but of a `shard`.
        steps, seq_length, stride: of each stream, of a chunk, from chunk to chunk.

    Raises:
        DataError: the text is shorter than one chunk.
        ConfigError: a size is no positive int, or stride is beyond seq_length.

    Example:
        >>> streams = rnn.Streams(np.arange(9), batch_size=2, seq_length=2)
        >>> len(streams), streams[0]
        (2, Chunk(tokens=array([[0, 4],
               [1, 5]], dtype=int32), targets=array([[1, 5],
               [2, 6]], dtype=int32)))
    """

    def __init__(
        self, tokens: Tokens, batch_size: int, seq_length: int, stride: int = 0
    ) -> None:
        check_sizes(batch_size=batch_size, seq_length=seq_length)
        check_sizes(0, stride=stride)
        if stride > seq_length:
            raise ConfigError(
                f"stride must be at most seq_length {seq_length}, not {stride}"
            )
        self.steps = (len(tokens) - 1) // batch_size
        if self.steps < seq_length:
            wanted = batch_size * seq_length + 1
            raise DataError(
                f"{len(tokens)} tokens to train on are shorter than one chunk: "
                f"batch_size {batch_size} x seq_length {seq_length} needs {wanted}. "
                "Give a longer text, or make batch_size or seq_length smaller",
                length=len(tokens),
                wanted=wanted,
            )
        self.batch_size, self.seq_length = batch_size, seq_length
        self.rows = range(batch_size)
        self.stride = stride or seq_length
        self._tokens = tokens

    @classmethod
    def for_evaluation(
        cls, tokens: Tokens, batch_size: int, seq_length: int
    ) -> "Streams":
        """Return as many streams as leave each at least one chunk, or else one.

        Raises:
            DataError: there is no token to predict from another one.
        """
        if len(tokens) < 2:
            raise DataError(
                f"{len(tokens)} tokens to evaluate on leave nothing to predict: "
                "give two or more, or a larger held_out share"
            )
        pairs = len(tokens) - 1
        batch = min(batch_size, max(1, pairs // seq_length))
        return cls(tokens, batch, min(seq_length, pairs))

    def shard(self, index: int, count: int) -> "Streams":
        """Return part `index` of `count` of these streams, for one of many processes.

        The parts are as equal as can be: some have one stream more. Where there are
        more parts than streams, some have none.

        Raises:
            ConfigError: there is no such part.

        Example:
            >>> streams = rnn.Streams(np.arange(13), batch_size=3, seq_length=2)
            >>> streams.shard(1, 2).rows, streams.shard(1, 2)[0].tokens.shape
            (range(1, 3), (2, 2))
        """
        check_sizes(count=count)
        check_sizes(0, index=index)
        if index >= count:
            raise ConfigError(f"index must be below count {count}, not {index}")
        part, size = copy.copy(self), len(self.rows)
        part.rows = self.rows[size * index // count : size * (index + 1) // count]
        return part

    def __len__(self) -> int:
        """Return the number of chunks, a shorter last one included."""
        return 1 + -(-(self.steps - self.seq_length) // self.stride)

    def __getitem__(self, index: int) -> Chunk:
        if not 0 <= index < len(self):
            raise IndexError(f"chunk {index} of {len(self)}")
        start = index * self.stride
        return self.between(start, min(start + self.seq_length, self.steps))

    def __iter__(self) -> Iterator[Chunk]:
        return (self[index] for index in range(len(self)))

    def between(self, start: int, end: int) -> Chunk:
        """Return the steps from `start` to before `end` of the streams of `rows`."""
        places = [start + row * self.steps for row in self.rows]
        rows = [self._tokens[place : place + end - start + 1] for place in places]
        read = np.array(rows, "int32").reshape(len(rows), end - start + 1).T
        return Chunk(np.ascontiguousarray(read[:-1]), np.ascontiguousarray(read[1:]))

    @property
    def tokens(self) -> Tokens:
        """All steps of the streams of `rows`, (steps, batch)."""
        return self.between(0, self.steps).tokens

    @property
    def targets(self) -> Tokens:
        """All steps of the streams of `rows`, one step later, (steps, batch)."""
        return self.between(0, self.steps).targets

    @property
    def whole_chunks(self) -> int:
        """The number of chunks of exactly `seq_length` steps."""
        return 1 + (self.steps - self.seq_length) // self.stride
