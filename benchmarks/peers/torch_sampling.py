"""PyTorch: sampling by a loop over nn.LSTMCell, or over nn.LSTM, a step a call."""

import torch
from torch import Tensor

from benchmarks.peers.ready import Ready
from benchmarks.peers.torch_lm import Model
from benchmarks.problems import BLOCK, GREEDY, Arrays, SamplingProblem


def build(problem: SamplingProblem, variant: str, threads: int) -> Ready:
    """Return the step of a variant: "LSTMCell" or "nn.LSTM"."""
    torch.set_num_threads(threads)
    model = Model(problem.model, variant)
    model.load(problem.model.weights())
    greedy = _sample(model, GREEDY, likeliest=True)

    def read(_: Tensor) -> Arrays:
        return {"tokens": greedy.numpy()}

    return Ready(lambda: _sample(model, BLOCK), read)


@torch.inference_mode()
def _sample(model: Model, length: int, likeliest: bool = False) -> Tensor:
    h = c = torch.zeros(1, model.lstm.hidden_size)
    token = torch.zeros(1, dtype=torch.long)
    drawn = []
    for _ in range(length):
        x = model.embedding(token)
        if model.looped:
            h, c = model.lstm(x, (h, c))
        else:
            _, (h, c) = model.lstm(x, (h, c))
        logits = model.output(h)
        if likeliest:
            token = logits.argmax(dim=1)
        else:
            token = torch.multinomial(logits.softmax(dim=1), 1)[:, 0]
        drawn.append(token)
    return torch.cat(drawn)
