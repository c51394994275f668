"""What makes a run: the model, its data, the optimiser. Checked when it is made."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tinygraph_rnn.errors import CheckpointError, ConfigError
from tinygraph_rnn.optimizers import OPTIMIZERS
from tinygraph_rnn.schedules import SCHEDULES

__all__ = ["CELLS", "Config"]

CELLS = ("lstm", "rnn")


@dataclass(frozen=True)
class Config:
    """All settings of a training run.

    Attributes:
        cell: "lstm" or "rnn".
        hidden_size: units of every recurrent layer, and of the embedding.
        num_layers: recurrent layers on top of one another.
        seq_length: steps of a chunk: how far gradients flow back.
        batch_size: streams read side by side.
        updates: parameter updates of the whole run.
        learning_rate: at the start; `schedule` lowers it.
        schedule: "constant", "cosine" or "linear".
        optimizer: "adam" or "sgd".
        grad_clip: limit of the global gradient norm.
        held_out: share of the text, at its end, that is never trained on.
        evaluate_every: updates between two looks at the held-out text.
        seed: of the first weights and of random ops.

    Raises:
        ConfigError: a value makes no sense; names the option.
    """

    cell: str = "lstm"
    hidden_size: int = 128
    num_layers: int = 1
    seq_length: int = 64
    batch_size: int = 32
    updates: int = 1000
    learning_rate: float = 8e-3
    schedule: str = "cosine"
    optimizer: str = "adam"
    grad_clip: float = 5.0
    held_out: float = 0.1
    evaluate_every: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (
            ("cell", CELLS),
            ("schedule", tuple(SCHEDULES)),
            ("optimizer", tuple(OPTIMIZERS)),
        ):
            if getattr(self, name) not in known:
                raise ConfigError(
                    f"{name} must be one of {', '.join(known)}, "
                    f"not {getattr(self, name)!r}"
                )
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name} must be an int >= {least}, not {value!r}")
        for name in ("learning_rate", "grad_clip"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise ConfigError(
                    f"{name} must be positive and finite, not {getattr(self, name)!r}"
                )
        if not 0.0 < self.held_out < 1.0:
            raise ConfigError(f"held_out must be in (0, 1), not {self.held_out!r}")

    def as_facts(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Config":
        """Return the settings a checkpoint holds.

        Raises:
            CheckpointError: settings are missing, unknown or make no sense.
        """
        names = {each.name for each in fields(cls)}
        if set(facts) != names:
            odd = ", ".join(sorted(set(facts) ^ names))
            raise CheckpointError(
                f"the checkpoint's settings are not those of this version: {odd}"
            )
        try:
            return cls(**facts)
        except (ConfigError, TypeError) as problem:
            raise CheckpointError(f"the checkpoint's settings: {problem}") from None


_LEAST = {
    "hidden_size": 1,
    "num_layers": 1,
    "seq_length": 1,
    "batch_size": 1,
    "updates": 1,
    "evaluate_every": 1,
    "seed": 0,
}
