"""Sampling: the token drawn at one step is the model's input at the next."""

import functools
from collections.abc import Collection, Iterator, Mapping
from typing import Any, final

import numpy as np

import tinygraph as tg
from tinygraph_rnn.checking import check_nonnegative, check_sizes, is_number
from tinygraph_rnn.data.vocabularies import AnyVocabulary, Tokens
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.regularization import evaluating
from tinygraph_rnn.models.carried import Carried, State
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.models.truncation import nucleus, top_k

__all__ = ["Sampler", "prompted"]

BLOCK = 32
"""Tokens drawn per call of the compiled loop; does not change the text."""

COLDEST = 1e-30
"""The temperature at which only the likeliest token is drawn."""


@final
class Sampler:
    """Draws text from a language model, token after token.

    The loop is a graph: the token drawn at step t is the model's input at step
    t + 1. For a prompt the same graph runs with that loop opened.

    Example:
        >>> text = "abracadabra" * 3
        >>> vocabulary = rnn.Vocabulary.of(text)
        >>> rng = np.random.default_rng(0)
        >>> model = rnn.LanguageModel(len(vocabulary), hidden_size=4, rng=rng)
        >>> parameters = tg.Parameters.of(model.loss_graph())
        >>> sampler = rnn.Sampler(model, vocabulary, parameters)
        >>> len("".join(sampler.stream(5, prompt="abra", seed=1)))
        5
    """

    def __init__(
        self,
        model: LanguageModel,
        vocabulary: AnyVocabulary,
        parameters: tg.Parameters,
        backend: str = "auto",
    ) -> None:
        """Prepare a model; `backend` is that of `tg.compile`."""
        self._backend = backend
        self.model, self.vocabulary, self.parameters = model, vocabulary, parameters
        self._loops: dict[tuple[str, ...], Carried] = {}

    def _graph(self, truncated: Collection[str] = ()) -> tg.Graph:
        """The loop opened: reads sequence "prompt", gives "drawn"."""
        token = tg.delay(
            "token", source=tg.sequence("prompt", ("batch",), "int32"), init=0
        )
        temperature = tg.placeholder("temperature")
        logits = self.model.logits(token)
        best = tg.max(logits, axis=-1, keepdims=True)
        logits = (logits - best) / temperature
        if "top_k" in truncated:
            logits = top_k(logits, tg.placeholder("top_k"))
        if "top_p" in truncated:
            logits = nucleus(logits, tg.placeholder("top_p"))
        drawn = tg.cast(tg.categorical(logits, name="drawn"), "int32")
        return evaluating(tg.Graph({"drawn": drawn}))

    @functools.cached_property
    def _read(self) -> Carried:
        return Carried(self._graph(), self.parameters, backend=self._backend)

    def _loop(self, truncated: tuple[str, ...]) -> Carried:
        """The loop closed, made when it is first asked for."""
        if truncated not in self._loops:
            opened = self._graph(truncated)
            closed = tg.close_loop(opened, "token", source=opened["drawn"])
            self._loops[truncated] = Carried(
                closed, self.parameters, backend=self._backend
            )
        return self._loops[truncated]

    def stream(
        self,
        length: int,
        *,
        prompt: str = "",
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        block: int | None = None,
    ) -> Iterator[str]:
        """Yield `length` tokens that follow `prompt`, as text, in pieces.

        Where tokens are words the first piece begins with the blank after the prompt.

        Args:
            length: how many tokens.
            prompt: what the model reads first; without one it starts after a
                line end.
            temperature: logits are divided by it: below 1 bolder, above 1 wilder;
                0 always takes the likeliest token.
            top_k: draw from the k likeliest tokens only; 0: from all.
            top_p: draw from the fewest tokens only whose probabilities, after
                temperature and top_k, reach p (nucleus sampling).
            seed: the same seed draws the same text.
            block: tokens per call of the compiled loop; does not change the text.

        Raises:
            VocabularyError: the prompt has a character the model does not know.
            ConfigError: an option makes no sense; names it.
        """
        check_nonnegative(temperature=temperature)
        if not is_number(top_p) or not 0.0 < top_p <= 1.0:
            raise ConfigError(f"top_p must be in (0, 1], not {top_p!r}")
        size = BLOCK if block is None else block
        check_sizes(0, length=length, top_k=top_k)
        check_sizes(block=size)
        feeds = {"temperature": np.float32(max(temperature, COLDEST))}
        truncated = {"top_k": np.float32(top_k)} if top_k else {}
        if top_p < 1.0:
            truncated["top_p"] = np.float32(top_p)
        start = self._start(prompted(self.vocabulary, prompt))
        draw = self._loop(tuple(truncated))
        pieces = self._blocks(draw, start, length, feeds | truncated, seed, size)
        return _after(self.vocabulary.gap(prompt), pieces)

    def _start(self, tokens: Tokens) -> State:
        """The state after reading all of the prompt but its last token."""
        column = tokens[:, np.newaxis]
        feeds = {"prompt": column[1:], "temperature": np.float32(1.0)}
        state = {**self._read.start({"prompt": column}), "state/token": column[:1]}
        return self._read(feeds, state)[1] if len(column) > 1 else state

    def _blocks(
        self,
        draw: Carried,
        state: State,
        length: int,
        feeds: Mapping[str, Any],
        seed: int,
        block: int,
    ) -> Iterator[str]:
        decode = self.vocabulary.decoder()
        for start in range(0, length, block):
            steps = min(block, length - start)
            outputs, state = draw(feeds, state, steps=steps, start=start, seed=seed)
            yield decode(outputs["drawn"][:, 0])


def _after(gap: str, pieces: Iterator[str]) -> Iterator[str]:
    """The same pieces; the first one, if there is any, after a gap."""
    for piece in pieces:
        yield gap + piece
        gap = ""


def prompted(vocabulary: AnyVocabulary, prompt: str) -> Tokens:
    """Return the tokens of a prompt, int32; if there are none, the opening one.

    Raises:
        VocabularyError: a character is unknown.
    """
    tokens = vocabulary.encode(prompt).astype("int32")
    return tokens if len(tokens) else np.array([vocabulary.opening], "int32")
