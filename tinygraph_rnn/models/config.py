"""What makes a run: the model, its data, the optimiser. Checked when it is made."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, final

import numpy as np

from tinygraph_rnn.checking import (
    LONGEST,
    check_choice,
    check_flags,
    check_nonnegative,
    check_positive,
    check_rates,
    check_sizes,
    is_finite,
    shown,
)
from tinygraph_rnn.data.vocabulary import VOCABULARIES
from tinygraph_rnn.errors import CheckpointError, ConfigError
from tinygraph_rnn.layers.recurrent import LAYERS
from tinygraph_rnn.optimizers import OPTIMIZERS
from tinygraph_rnn.optimizers.schedules import SCHEDULES

__all__ = ["CHOICES", "Config"]

CHOICES: Mapping[str, tuple[str, ...]] = {
    "cell": tuple(LAYERS),
    "tokens": tuple(VOCABULARIES),
    "schedule": tuple(SCHEDULES),
    "optimizer": tuple(OPTIMIZERS),
    "dtype": ("float32", "float64"),
}
"""Setting → the values it may have, where they are words."""

SEEDS = 2**32
"""How many seeds there are: random ops take 32 bits."""


@final
@dataclass(frozen=True)
class Config:
    """All settings of a training run.

    Attributes:
        tokens: what the model reads: "characters", "words" or "bytes".
        vocabulary_size: the most frequent words known; 0 for all.
        cell: a key of `recurrent.LAYERS`, such as "lstm".
        hidden_size: units of every recurrent layer, and of the embedding.
        num_layers: recurrent layers on top of one another.
        learned_init: train the states that streams begin with, instead of zeros.
        residual: from the second layer up, add the input to the output.
        tied: use the embedding's table for the output layer too.
        dropout: share of the units dropped at each layer's output.
        input_dropout: share of the embedding's units dropped.
        variational: dropout with one mask for all steps of a chunk.
        weight_drop: share of the recurrent weights dropped.
        zoneout: probability that a unit keeps its value.
        label_smoothing: share of the target spread over all tokens.
        seq_length: steps of a chunk: how far gradients flow back (k₂ of TBPTT).
        stride: new steps per update (k₁ of TBPTT); 0: as `seq_length`.
        batch_size: streams read side by side.
        updates: parameter updates of the whole run.
        learning_rate: at the start; `schedule` lowers it.
        schedule: a key of `schedules.SCHEDULES`, such as "cosine".
        warmup: updates in which the learning rate first rises.
        optimizer: a key of `optimizers.OPTIMIZERS`, such as "adam".
        weight_decay: pull of all parameters towards 0.
        grad_clip: limit of the global gradient norm.
        clip_value: limit of each entry of a gradient; 0: none.
        held_out: share of the text, at its end, that is never trained on; 0: none, and
            there are no looks at it.
        evaluate_every: updates between two looks at the held-out text.
        patience: stop after so many looks without a new best; 0: never.
        seed: of the first weights and of random ops.
        dtype: of the weights and of all that is computed from them.

    Raises:
        ConfigError: a value makes no sense; names the option.

    Example:
        >>> config = rnn.Config(cell="gru", hidden_size=64)
        >>> config.seq_length, config.optimizer
        (64, 'adam')
    """

    tokens: str = "characters"
    vocabulary_size: int = 0
    cell: str = "lstm"
    hidden_size: int = 128
    num_layers: int = 1
    learned_init: bool = False
    residual: bool = False
    tied: bool = False
    dropout: float = 0.0
    input_dropout: float = 0.0
    variational: bool = False
    weight_drop: float = 0.0
    zoneout: float = 0.0
    label_smoothing: float = 0.0
    seq_length: int = 64
    stride: int = 0
    batch_size: int = 32
    updates: int = 1000
    learning_rate: float = 8e-3
    schedule: str = "cosine"
    warmup: int = 0
    optimizer: str = "adam"
    weight_decay: float = 0.0
    grad_clip: float = 5.0
    clip_value: float = 0.0
    held_out: float = 0.1
    evaluate_every: int = 200
    patience: int = 0
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            check_choice(name, getattr(self, name), known)
        for name in _COUNTED:
            check_sizes(**{name: getattr(self, name)})
        for name in ("seed", "stride", "warmup", "patience", "vocabulary_size"):
            check_sizes(0, **{name: getattr(self, name)})
        if self.seed >= SEEDS:
            raise ConfigError(f"seed must be below 2**32, not {self.seed}")
        for name in ("learned_init", "residual", "tied", "variational"):
            check_flags(**{name: getattr(self, name)})
        for name in _RATES:
            check_rates(**{name: getattr(self, name)})
        check_positive(learning_rate=self.learning_rate, grad_clip=self.grad_clip)
        check_nonnegative(weight_decay=self.weight_decay, clip_value=self.clip_value)
        if not self.held_out:
            self._check_nothing_looks()
        if self.vocabulary_size and (
            self.tokens != "words" or self.vocabulary_size < 3
        ):
            raise ConfigError(
                "vocabulary_size must be 0 (all), or at least 3 of tokens 'words', "
                f"not {self.vocabulary_size} of {self.tokens!r}"
            )
        if self.stride > self.seq_length:
            raise ConfigError(
                f"stride must be at most seq_length {self.seq_length}, "
                f"not {self.stride}"
            )

    def _check_nothing_looks(self) -> None:
        """Refuse what goes by looks at the held-out text where there are none."""
        if self.patience or self.schedule == "plateau":
            what = (
                f"patience {self.patience}" if self.patience else "schedule 'plateau'"
            )
            raise ConfigError(
                f"held_out must be above 0 for {what}, which goes by what is held out"
            )

    @property
    def new_steps(self) -> int:
        """How many steps an update reads for the first time: k₁ of TBPTT(k₁, k₂)."""
        return self.stride or self.seq_length

    def as_facts(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them."""
        values = asdict(self).items()
        return {k: v.item() if isinstance(v, np.generic) else v for k, v in values}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Config":
        """Return the settings a checkpoint holds.

        Args:
            facts: name → value, as the checkpoint's header says.

        Raises:
            CheckpointError: settings are missing, unknown or make no sense.
        """
        names = {each.name for each in fields(cls)}
        held = {**_LATER, **facts}
        if set(held) != names:
            odd = ", ".join(map(_as_setting, sorted(set(held) ^ names)[:10]))
            raise CheckpointError(
                f"the checkpoint's settings are not those of this version: {odd}"
            )
        for name, value in facts.items():
            if not _is_setting(value):
                raise CheckpointError(
                    f"the checkpoint's settings: {name} is {shown(value)}"
                )
        try:
            return cls(**held)
        except ConfigError as problem:
            raise CheckpointError(f"the checkpoint's settings: {problem}") from None


def _as_setting(name: str) -> str:
    return name if name.isidentifier() and len(name) <= LONGEST else shown(name)


def _is_setting(value: Any) -> bool:
    """Whether it is a number that fits 64 bits, a bool or a word."""
    if isinstance(value, str):
        return len(value) <= LONGEST
    return isinstance(value, bool) or (is_finite(value) and abs(value) < 2**63)


_COUNTED = (
    *("hidden_size", "num_layers", "seq_length", "batch_size", "updates"),
    "evaluate_every",
)
_RATES = (
    *("dropout", "input_dropout", "weight_drop", "zoneout", "label_smoothing"),
    "held_out",
)
_LATER: Mapping[str, Any] = {"dtype": "float32"}
"""Settings that older checkpoints lack → what counted before there were any."""
