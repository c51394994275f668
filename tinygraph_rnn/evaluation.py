"""How well a model predicts a text it was not trained on."""

import math

import tinygraph as tg
from tinygraph_rnn.carrying import Carried
from tinygraph_rnn.data import Streams
from tinygraph_rnn.language_model import LanguageModel

__all__ = ["Evaluator"]


class Evaluator:
    """Mean cross-entropy over whole texts, the state carried all the way."""

    def __init__(self, model: LanguageModel, parameters: tg.Parameters) -> None:
        self._loss = Carried(model.loss_graph(), parameters)

    def bits_per_character(self, streams: Streams) -> float:
        """Return −log₂ of the probability given to a character, in the mean.

        All streams start from the model's first state; every step counts once.
        """
        state = self._loss.start(streams[0]._asdict())
        nats, steps = 0.0, 0
        for chunk in streams:
            outputs, state = self._loss(chunk._asdict(), state)
            nats += float(outputs["loss"]) * len(chunk.tokens)
            steps += len(chunk.tokens)
        return nats / steps / math.log(2.0)
