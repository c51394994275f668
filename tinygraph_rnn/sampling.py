"""Sampling: the model reads what it wrote, through an integer delay."""

import math
from collections.abc import Iterator

import numpy as np

import tinygraph as tg
from tinygraph_rnn.carrying import Carried, State
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.language_model import LanguageModel
from tinygraph_rnn.vocabulary import Vocabulary

__all__ = ["Sampler"]

BLOCK = 32
"""Characters drawn per call of the compiled loop; does not change the text."""


class Sampler:
    """Draws text from a language model, character after character.

    The loop is a graph: the token drawn at step t is the model's input at step
    t + 1. For a prompt the same graph runs with that loop opened.
    """

    def __init__(
        self, model: LanguageModel, vocabulary: Vocabulary, parameters: tg.Parameters
    ) -> None:
        self.vocabulary = vocabulary
        token = tg.delay("token", shape=("batch",), dtype="int32", init=0)
        temperature = tg.placeholder("temperature")
        logits = model.logits(token)
        best = tg.max(logits, axis=-1, keepdims=True)
        drawn = tg.categorical((logits - best) / temperature, name="drawn")
        token.close(tg.cast(drawn, "int32"))
        closed = tg.Graph({"drawn": drawn})
        prompt = tg.sequence("prompt", ("batch",), "int32")
        self._draw = Carried(closed, parameters)
        self._read = Carried(tg.open_loop(closed, token, source=prompt), parameters)

    def stream(
        self, length: int, *, prompt: str = "", temperature: float = 1.0, seed: int = 0
    ) -> Iterator[str]:
        """Yield `length` characters that follow `prompt`, in pieces.

        Args:
            length: how many characters.
            prompt: what the model reads first; without one it starts after a
                line end.
            temperature: logits are divided by it: below 1 bolder, above 1 wilder;
                0 always takes the likeliest character.
            seed: the same seed draws the same text.

        Raises:
            VocabularyError: the prompt has a character the model does not know.
            ConfigError: length or temperature is negative, or not finite.
        """
        if not 0.0 <= temperature < math.inf:
            raise ConfigError(
                f"temperature must be >= 0 and finite, not {temperature!r}"
            )
        if length < 0:
            raise ConfigError(f"length must be >= 0, not {length}")
        scale = np.float32(max(temperature, 1e-30))
        return self._blocks(self._start(prompt, scale), length, scale, seed)

    def _start(self, prompt: str, temperature: np.float32) -> State:
        """The state after reading all of the prompt but its last character."""
        known = self.vocabulary.characters
        prompt = prompt or ("\n" if "\n" in known else known[0])
        tokens = self.vocabulary.encode(prompt)[:, np.newaxis]
        feeds = {"prompt": tokens[1:], "temperature": temperature}
        state = {**self._read.start({"prompt": tokens}), "state/token": tokens[:1]}
        if len(tokens) > 1:
            state = self._read(feeds, state)[1]
        return state

    def _blocks(
        self, state: State, length: int, temperature: np.float32, seed: int
    ) -> Iterator[str]:
        feeds = {"temperature": temperature}
        for start in range(0, length, BLOCK):
            steps = min(BLOCK, length - start)
            outputs, state = self._draw(
                feeds, state, steps=steps, start=start, seed=seed
            )
            yield self.vocabulary.decode(outputs["drawn"][:, 0])
