"""From one long text to parallel streams, cut into chunks for truncated BPTT."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tinygraph_rnn.errors import DataError
from tinygraph_rnn.vocabulary import Tokens

__all__ = ["Chunk", "Streams", "split"]


class Chunk(NamedTuple):
    """Consecutive steps of all streams: `targets` are `tokens` one step later.

    Both are time-major, int32 of shape (steps, batch).
    """

    tokens: Tokens
    targets: Tokens


def split(tokens: Tokens, held_out: float) -> tuple[Tokens, Tokens]:
    """Return the text before and after the cut: the last part is held out."""
    cut = len(tokens) - round(len(tokens) * held_out)
    return tokens[:cut], tokens[cut:]


class Streams:
    """A text read at `batch_size` places at once.

    The text is cut into `batch_size` equal streams (fewer characters than
    `batch_size` are left over). Chunk k holds steps k·seq_length up to
    (k + 1)·seq_length of every stream, so a state carried from chunk to chunk
    follows the text. The last chunk may be shorter.

    Attributes:
        tokens, targets: (steps, batch), all steps of all streams.

    Raises:
        DataError: the text is shorter than one chunk.
    """

    def __init__(self, tokens: Tokens, batch_size: int, seq_length: int) -> None:
        steps = (len(tokens) - 1) // batch_size
        if steps < seq_length:
            wanted = batch_size * seq_length + 1
            raise DataError(
                f"{len(tokens)} characters to train on are shorter than one chunk: "
                f"batch_size {batch_size} x seq_length {seq_length} needs {wanted}. "
                "Give a longer text, or make batch_size or seq_length smaller",
                length=len(tokens),
                wanted=wanted,
            )
        self.seq_length = seq_length
        self.tokens = _columns(tokens[:-1], batch_size, steps)
        self.targets = _columns(tokens[1:], batch_size, steps)

    @classmethod
    def for_evaluation(
        cls, tokens: Tokens, batch_size: int, seq_length: int
    ) -> "Streams":
        """Return as many streams as leave each at least one chunk, or else one.

        Raises:
            DataError: there is no character to predict from another one.
        """
        if len(tokens) < 2:
            raise DataError(
                f"{len(tokens)} characters to evaluate on leave nothing to predict: "
                "give two or more, or a larger held_out share"
            )
        pairs = len(tokens) - 1
        batch = min(batch_size, max(1, pairs // seq_length))
        return cls(tokens, batch, min(seq_length, pairs))

    def __len__(self) -> int:
        """Return the number of chunks, a shorter last one included."""
        return -(-len(self.tokens) // self.seq_length)

    def __getitem__(self, index: int) -> Chunk:
        if not 0 <= index < len(self):
            raise IndexError(f"chunk {index} of {len(self)}")
        steps = slice(index * self.seq_length, (index + 1) * self.seq_length)
        return Chunk(self.tokens[steps], self.targets[steps])

    def __iter__(self) -> Iterator[Chunk]:
        return (self[index] for index in range(len(self)))

    @property
    def whole_chunks(self) -> int:
        """The number of chunks of exactly `seq_length` steps."""
        return len(self.tokens) // self.seq_length

    @property
    def batch_size(self) -> int:
        """The number of streams."""
        return int(self.tokens.shape[1])


def _columns(tokens: Tokens, batch: int, steps: int) -> Tokens:
    return np.ascontiguousarray(tokens[: batch * steps].reshape(batch, steps).T)
