"""PyTorch: nn.LSTM with dropout, between layers and behind the last.

Its masks are others than ours, so that nothing can be compared but the time. Zoneout
and weight drop it has not: its rows are those of dropout.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers.ready import Ready
from benchmarks.peers.torch_steps import differentiated
from benchmarks.problems import MaskedProblem


def build(problem: MaskedProblem, variant: str, threads: int) -> Ready:
    """Return the step; it has nothing to compare."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    rate = max((rate for _, rate in problem.masks), default=0.0)
    H, V, layers = problem.hidden, problem.vocabulary, problem.layers
    embedding, output = nn.Embedding(V, H), nn.Linear(H, V)
    lstm = nn.LSTM(H, H, layers, dropout=rate if layers > 1 else 0.0)
    tokens, targets = (torch.from_numpy(a).long() for a in problem.model.tokens())

    def loss_of() -> Tensor:
        h = functional.dropout(lstm(embedding(tokens))[0], rate)
        return functional.cross_entropy(output(h.flatten(0, 1)), targets.flatten())

    parts = (embedding, lstm, output)
    parameters = [each for part in parts for each in part.parameters()]
    return Ready(differentiated(loss_of, parameters), lambda results: {})
