"""Whether a model fits into memory, computed from its shapes before it is made."""

import contextlib
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.dense import ParameterFactory
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.models.language_model import LanguageModel

__all__ = ["MOST_LAYERS", "as_size", "check_memory", "memory"]

MOST_LAYERS = 1000
"""Layers of a model; to compile the graph of more would take hours."""

_COPIES = 3
"""Weights, their gradients, and what an optimiser or compiled function keeps."""

_WHERE_UNKNOWN = 2**40
_LIMITS = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"


def memory() -> int:
    """Return the bytes that this machine has, or that this process may use of them."""
    found = [_WHERE_UNKNOWN]
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _LIMITS:
        with contextlib.suppress(ValueError, OSError):
            found.append(int(Path(path).read_text()))
    return min(found)


def as_size(number: int) -> str:
    """Return a number of bytes for people.

    >>> as_size(3 * 10**9), as_size(10**30)
    ('3 GB', '1,000,000,000,000,000,000,000 GB')
    """
    return f"{-(-number // 10**9):,} GB"


def check_memory(
    config: Config,
    vocabulary_size: int = 2,
    *,
    all_steps: bool = True,
    processes: int = 1,
) -> None:
    """Demand that training has the memory for weights, gradients and activations.

    What is computed is the least that training needs, so it may still need more. The
    model is made of parameters without values, up to the first one too many.

    Args:
        config: of the run.
        vocabulary_size: where it is not known yet, the smallest there is.
        all_steps: keep the activations of all steps; else those of one.
        processes: that share the batch.

    Raises:
        ConfigError: it does not fit; names the settings and the bytes.
    """
    if config.num_layers > MOST_LAYERS:
        raise ConfigError(
            f"num_layers must be at most {MOST_LAYERS}, not {config.num_layers}"
        )
    width = np.dtype(config.dtype).itemsize
    rows = -(-config.batch_size // processes)
    steps = rows * (config.seq_length if all_steps else 1)
    numbers = steps * (vocabulary_size + config.hidden_size)
    most = memory()

    def counted(
        name: str, shape: tuple[int, ...], dtype: Any, symbol: str | None
    ) -> tg.Node:
        nonlocal numbers
        numbers += _COPIES * math.prod(shape)
        if numbers * width > most:
            raise ConfigError(
                f"hidden_size {config.hidden_size} x num_layers {config.num_layers} "
                f"with {vocabulary_size} different tokens, batch_size "
                f"{config.batch_size} x seq_length {config.seq_length} needs at least "
                f"{as_size(numbers * width)} of memory, here are {as_size(most)}: make "
                "one of them smaller"
            )
        return tg.placeholder(name, shape, dtype)

    LanguageModel.of(config, vocabulary_size, ParameterFactory(counted))
