"""PyTorch: sampling by a loop over nn.LSTMCell."""

import torch
from torch import Tensor

from benchmarks.peers.ready import Ready
from benchmarks.peers.torch_lm import Model
from benchmarks.problems import BLOCK, GREEDY, Arrays, SamplingProblem


def build(problem: SamplingProblem, variant: str, threads: int) -> Ready:
    """Return the step."""
    torch.set_num_threads(threads)
    model = Model(problem.model, "LSTMCell")
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
        h, c = model.lstm(model.embedding(token), (h, c))
        logits = model.output(h)
        if likeliest:
            token = logits.argmax(dim=1)
        else:
            token = torch.multinomial(logits.softmax(dim=1), 1)[:, 0]
        drawn.append(token)
    return torch.cat(drawn)
