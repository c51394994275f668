"""What makes a run: the model, its data, the optimiser. Checked when it is made."""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np

from tinygraph_rnn.checking import (
    LONGEST,
    check_nonnegative,
    check_positive,
    check_rates,
    check_sizes,
    is_finite,
    shown,
)
from tinygraph_rnn.data.vocabularies import VOCABULARIES
from tinygraph_rnn.errors import CheckpointError, ConfigError
from tinygraph_rnn.layers.recurrent import LAYERS
from tinygraph_rnn.models.settings import Setting, declared, described, setting
from tinygraph_rnn.optimizers import OPTIMIZERS
from tinygraph_rnn.optimizers.schedules import SCHEDULES

__all__ = ["SETTINGS", "Config", "check_settings"]

SEEDS = 2**32
"""How many seeds there are: random ops take 32 bits."""

check_counts = functools.partial(check_sizes, 0)
"""Demand ints of at least 0."""


def check_seeds(**seeds: Any) -> None:
    """Demand seeds of random ops.

    Raises:
        ConfigError: one is none; names it.
    """
    check_counts(**seeds)
    for name, seed in seeds.items():
        if seed >= SEEDS:
            raise ConfigError(f"{name} must be below 2**32, not {seed}")


@described
@final
@dataclass(frozen=True)
class Config:
    """All settings of a training run.

    Raises:
        ConfigError: a value makes no sense; names the option.

    Example:
        >>> config = rnn.Config(cell="gru", hidden_size=64)
        >>> config.seq_length, config.optimizer
        (64, 'adam')
    """

    tokens: str = setting(
        "characters",
        "what is read and written",
        choices=VOCABULARIES,
        is_shape=True,
    )
    vocabulary_size: int = setting(
        0, "most frequent words known, 0: all", check_counts, is_shape=True
    )
    cell: str = setting(
        "lstm",
        "what recurs",
        choices=LAYERS,
        detail="a key of `recurrent.LAYERS`",
        of_model=True,
        is_shape=True,
    )
    hidden_size: int = setting(
        128,
        "units of each recurrent layer",
        check_sizes,
        detail="features of the embedding",
        of_model=True,
        is_shape=True,
    )
    num_layers: int = setting(
        1,
        "recurrent layers",
        check_sizes,
        detail="each reads the output of the one below it",
        of_model=True,
        is_shape=True,
    )
    learned_init: bool = setting(
        False,
        "train the states that streams begin with",
        detail="instead of zeros",
        of_model=True,
        is_shape=True,
    )
    residual: bool = setting(
        False,
        "add a layer's input to its output, from the second up",
        of_model=True,
        is_shape=True,
    )
    tied: bool = setting(
        False, "one table for embedding and output", of_model=True, is_shape=True
    )
    dropout: float = setting(
        0.0, "share of units dropped at each layer's output", check_rates, of_model=True
    )
    input_dropout: float = setting(
        0.0, "share of the embedding's units dropped", check_rates, of_model=True
    )
    variational: bool = setting(
        False, "one dropout mask for all steps of a chunk", of_model=True
    )
    weight_drop: float = setting(
        0.0, "share of the recurrent weights dropped", check_rates, of_model=True
    )
    zoneout: float = setting(
        0.0, "probability that a unit keeps its value", check_rates, of_model=True
    )
    label_smoothing: float = setting(
        0.0,
        "share of the target spread over all tokens",
        check_rates,
        of_model=True,
    )
    seq_length: int = setting(
        64,
        "steps that gradients flow back",
        check_sizes,
        detail="those of a chunk, k₂ of TBPTT(k₁, k₂)",
        cuts_text=True,
    )
    stride: int = setting(
        0,
        "new steps per update, 0: as `seq_length`",
        check_counts,
        detail="k₁ of TBPTT(k₁, k₂)",
        cuts_text=True,
    )
    batch_size: int = setting(
        32, "streams read side by side", check_sizes, cuts_text=True
    )
    updates: int = setting(1000, "parameter updates in all", check_sizes)
    learning_rate: float = setting(
        8e-3, "at the start", check_positive, detail="`schedule` lowers it"
    )
    schedule: str = setting(
        "cosine",
        "of the learning rate",
        choices=SCHEDULES,
        detail="a key of `schedules.SCHEDULES`",
    )
    warmup: int = setting(
        0, "updates in which the learning rate first rises", check_counts
    )
    optimizer: str = setting(
        "adam",
        "how to move",
        choices=OPTIMIZERS,
        detail="a key of `optimizers.OPTIMIZERS`",
    )
    weight_decay: float = setting(
        0.0, "pull of the parameters towards 0", check_nonnegative
    )
    grad_clip: float = setting(5.0, "limit of the global gradient norm", check_positive)
    clip_value: float = setting(
        0.0, "limit of each entry of a gradient, 0: none", check_nonnegative
    )
    held_out: float = setting(
        0.1,
        "share of the text never trained on, 0: none",
        check_rates,
        detail="it is the end of the text",
        stays="is what it was never trained on, and must stay so",
    )
    evaluate_every: int = setting(
        200, "updates between evaluations and checkpoints", check_sizes
    )
    patience: int = setting(
        0,
        "evaluations without a new best before an early end, 0: never",
        check_counts,
    )
    seed: int = setting(0, "of the first weights and all masks", check_seeds)
    dtype: str = setting(
        "float32",
        "of weights, and of all that is computed from them",
        choices=("float32", "float64"),
        of_model=True,
        is_shape=True,
        before="float32",
    )

    def __post_init__(self) -> None:
        check_settings(**{name: getattr(self, name) for name in SETTINGS})
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
        older = {
            name: each.before
            for name, each in SETTINGS.items()
            if each.before is not None
        }
        held = {**older, **facts}
        if held.keys() != SETTINGS.keys():
            odd = ", ".join(
                map(_as_setting, sorted(held.keys() ^ SETTINGS.keys())[:10])
            )
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


SETTINGS: Mapping[str, Setting] = declared(Config)
"""Name → declaration of all settings of a run."""


def check_settings(**settings: Any) -> None:
    """Demand values that make sense, each for itself.

    Raises:
        ConfigError: one does not; names it.
    """
    for name, value in settings.items():
        SETTINGS[name].check(name, value)


def _as_setting(name: str) -> str:
    return name if name.isidentifier() and len(name) <= LONGEST else shown(name)


def _is_setting(value: Any) -> bool:
    """Whether it is a number that fits 64 bits, a bool or a word."""
    if isinstance(value, str):
        return len(value) <= LONGEST
    return isinstance(value, bool) or (is_finite(value) and abs(value) < 2**63)
