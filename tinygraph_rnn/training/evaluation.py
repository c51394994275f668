"""How well a model predicts a text it was not trained on."""

import math
from typing import NamedTuple, final

import numpy as np

import tinygraph as tg
from tinygraph_rnn.data.streams import Streams
from tinygraph_rnn.models.carried import Carried
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.training.distributed.devices import compiler
from tinygraph_rnn.training.distributed.reduction import Reduce

__all__ = ["Evaluator", "Score"]


@final
class Score(NamedTuple):
    """How well a model predicted a text.

    Attributes:
        nats: −log of the probability given to all tokens together.
        tokens: how many there were.
    """

    nats: float
    tokens: int

    @property
    def bits(self) -> float:
        """Bits per token: of characters, bits per character."""
        return self.nats / self.tokens / math.log(2.0)

    @property
    def perplexity(self) -> float:
        """e to the nats per token; infinite where that overflows."""
        mean = self.nats / self.tokens
        return math.exp(mean) if mean < 700.0 else math.inf

    def bits_per(self, units: int) -> float:
        """Return the bits of the whole text per unit, such as its characters."""
        return self.nats / units / math.log(2.0)


@final
class Evaluator:
    """Mean cross-entropy over whole texts, the state carried all the way.

    Example:
        >>> text = "abracadabra" * 3
        >>> vocabulary = rnn.Vocabulary.of(text)
        >>> rng = np.random.default_rng(0)
        >>> model = rnn.LanguageModel(len(vocabulary), hidden_size=4, rng=rng)
        >>> parameters = tg.Parameters.of(model.loss_graph())
        >>> streams = rnn.Streams(vocabulary.encode(text), 1, 8)
        >>> score = rnn.Evaluator(model, parameters).score(streams)
        >>> score.perplexity > 1
        True
    """

    def __init__(
        self,
        model: LanguageModel,
        parameters: tg.Parameters,
        backend: str = "auto",
        *,
        reduce: Reduce | None = None,
        devices: int = 1,
    ) -> None:
        """Compile the model's loss; `backend` is that of `tg.compile`.

        `reduce` and `devices` are those of `Trainer`: each process scores a shard, and
        has the score of all. `reduce` is given float64.
        """
        self._reduce = reduce
        self._loss = Carried(
            model.evaluation_graph(),
            parameters,
            backend=backend,
            compiler=compiler(devices, backend),
        )

    @property
    def compiled_seconds(self) -> float:
        """Time spent in compiled functions so far."""
        return self._loss.seconds

    def score(self, streams: Streams) -> Score:
        """Return the score of all targets of all streams, without dropout.

        All streams start from the model's first state; every step counts once.
        """
        state, nats, counted = None, 0.0, 0
        for chunk in streams if streams.rows else ():
            outputs, state = self._loss(chunk._asdict(), state)
            nats += float(outputs["loss"]) * chunk.targets.size
            counted += chunk.targets.size
        if self._reduce is None:
            return Score(nats, counted)
        total = self._reduce(np.array([nats, counted]))
        return Score(float(total[0]), round(float(total[1])))

    def bits_per_character(self, streams: Streams) -> float:
        """Return the mean of −log₂ of the probability given to a token."""
        return self.score(streams).bits
