"""Beam search: the likeliest text, among a few that are followed side by side."""

from collections.abc import Callable
from typing import NamedTuple, final

import numpy as np

import tinygraph as tg
from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.data.vocabularies import AnyVocabulary
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.regularization import evaluating
from tinygraph_rnn.models.carried import Carried
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.models.memory_limits import as_size, memory
from tinygraph_rnn.models.sampling import prompted

__all__ = ["BeamSearch", "Hypothesis"]


@final
class Hypothesis(NamedTuple):
    """A text that a beam search found, and its log-probability, in nats."""

    text: str
    score: float


@final
class BeamSearch:
    """Follows the `width` likeliest texts; each row of a batch is one of them.

    Example:
        >>> text = "abracadabra" * 3
        >>> vocabulary = rnn.Vocabulary.of(text)
        >>> rng = np.random.default_rng(0)
        >>> model = rnn.LanguageModel(len(vocabulary), hidden_size=4, rng=rng)
        >>> parameters = tg.Parameters.of(model.loss_graph())
        >>> search = rnn.BeamSearch(model, vocabulary, parameters)
    """

    def __init__(
        self,
        model: LanguageModel,
        vocabulary: AnyVocabulary,
        parameters: tg.Parameters,
        backend: str = "auto",
    ) -> None:
        """Prepare a model; `backend` is that of `tg.compile`."""
        self.vocabulary = vocabulary
        tokens = tg.sequence("tokens", ("batch",), "int32")
        scores = tg.log_softmax(model.logits(tokens))
        graph = evaluating(tg.Graph({"scores": scores}))
        self._step = Carried(graph, parameters, backend=backend)

    def search(
        self,
        length: int,
        *,
        prompt: str = "",
        width: int = 4,
        report: Callable[[int], object] | None = None,
    ) -> list[Hypothesis]:
        """Return texts of `length` tokens that follow the prompt, the likeliest first.

        Width 1 always takes the likeliest token. Where tokens are words, texts begin
        with the blank after the prompt. `report` is called with the number of tokens
        found so far, after each.

        Raises:
            VocabularyError: the prompt has a character the model does not know.
            ConfigError: length is negative, or width not positive.
        """
        check_sizes(0, length=length)
        check_sizes(width=width)
        read = prompted(self.vocabulary, prompt)[:, np.newaxis]
        out, state = self._step({"tokens": read}, self._step.start({"tokens": read}))
        nexts, totals = out["scores"][-1], np.zeros(1)
        row = nexts.itemsize + 2 * sum(a[:, 0].nbytes for a in state.values())
        _check_room(length, width, nexts.shape[-1], row)
        written = np.zeros((0, 1), "int32")
        for done in range(1, length + 1):
            sums = (totals[:, np.newaxis] + nexts).ravel()
            best = np.argsort(-sums, kind="stable")[:width]
            rows, tokens = np.divmod(best, nexts.shape[-1])
            totals = sums[best]
            chosen = tokens.astype("int32")[np.newaxis]
            written = np.concatenate([written[:, rows], chosen])
            state = {name: array[:, rows] for name, array in state.items()}
            out, state = self._step({"tokens": chosen}, state)
            nexts = out["scores"][-1]
            if report is not None:
                report(done)
        gap = self.vocabulary.gap(prompt) if length else ""
        return [
            Hypothesis(gap + self.vocabulary.decode(column), float(total))
            for column, total in zip(written.T, totals, strict=True)
        ]


def _check_room(length: int, width: int, tokens: int, row: int) -> None:
    """Demand the memory for the scores, the states and the texts of all beams.

    Raises:
        ConfigError: there are not so many bytes.
    """
    beams = min(width, tokens ** min(length, 64))
    needed, most = beams * (24 * tokens + row + 8 * min(length, 10**6)), memory()
    if needed > most:
        raise ConfigError(
            f"width {width} needs at least {as_size(needed)} of memory, here are "
            f"{as_size(most)}: make the beam narrower"
        )
