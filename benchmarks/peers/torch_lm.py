"""PyTorch: the fused nn.LSTM, a loop over nn.LSTMCell, and torch.compile."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers.ready import Ready
from benchmarks.peers.torch_steps import (
    Tensors,
    compiled,
    differentiated,
    leaves,
    reader,
)
from benchmarks.problems import Arrays, LanguageModelProblem


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return the step of a variant: "nn.LSTM", "LSTMCell" or "compile"."""
    torch.set_num_threads(threads)
    weights = problem.weights()
    tokens, targets = (torch.from_numpy(each).long() for each in problem.tokens())
    if variant == "compile":
        return _compiled(weights, tokens, targets)
    model = Model(problem, variant)
    model.load(weights)

    def loss_of() -> Tensor:
        return functional.cross_entropy(model(tokens), targets.flatten())

    step = differentiated(loss_of, list(model.parameters()))
    names = [name for name, _ in model.named_parameters()]
    read = reader(names)
    return Ready(step, lambda results: _in_our_layout(read(results)))


class Model(nn.Module):
    """Embedding, LSTM, linear layer; time-major tokens to rows of logits."""

    def __init__(self, problem: LanguageModelProblem, variant: str) -> None:
        super().__init__()
        H, V = problem.hidden, problem.vocabulary
        self.embedding = nn.Embedding(V, H)
        self.looped = variant == "LSTMCell"
        self.lstm = nn.LSTMCell(H, H) if self.looped else nn.LSTM(H, H)
        self.output = nn.Linear(H, V)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (T, B) to logits (T·B, V)."""
        x = self.embedding(tokens)
        h = self._loop(x) if self.looped else self.lstm(x)[0]
        return self.output(h.flatten(0, 1))

    def _loop(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[1:])
        states = []
        for step in x:
            h, c = self.lstm(step, (h, c))
            states.append(h)
        return torch.stack(states)

    def load(self, weights: Arrays) -> None:
        """Set the weights; of PyTorch's two biases the second is zero."""
        suffix = "" if self.looped else "_l0"
        values = {
            "embedding.weight": weights["E"],
            f"lstm.weight_ih{suffix}": weights["W"].T,
            f"lstm.weight_hh{suffix}": weights["U"].T,
            f"lstm.bias_ih{suffix}": weights["b"],
            f"lstm.bias_hh{suffix}": 0 * weights["b"],
            "output.weight": weights["Wo"].T,
            "output.bias": weights["bo"],
        }
        state = {name: torch.tensor(value) for name, value in values.items()}
        self.load_state_dict(state)


def _in_our_layout(arrays: Arrays) -> Arrays:
    short = {name.removesuffix("_l0"): array for name, array in arrays.items()}
    return {
        "loss": short["loss"],
        "E": short["embedding.weight"],
        "W": short["lstm.weight_ih"].T,
        "U": short["lstm.weight_hh"].T,
        "b": short["lstm.bias_ih"],
        "Wo": short["output.weight"].T,
        "bo": short["output.bias"],
    }


def _compiled(weights: Arrays, tokens: Tensor, targets: Tensor) -> Ready:
    """Compile the whole model, its loop written out, the input GEMM hoisted."""
    w = leaves(weights)

    def loss_of(w: Tensors, tokens: Tensor, targets: Tensor) -> Tensor:
        inputs = functional.embedding(tokens, w["E"]) @ w["W"] + w["b"]
        h = c = inputs.new_zeros(inputs.shape[1], inputs.shape[2] // 4)
        states = []
        for step in inputs:
            i, f, g, o = (step + h @ w["U"]).chunk(4, dim=-1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            states.append(h)
        logits = torch.cat(states) @ w["Wo"] + w["bo"]
        return functional.cross_entropy(logits, targets.flatten())

    fast = compiled(loss_of)
    step = differentiated(lambda: fast(w, tokens, targets), list(w.values()))
    return Ready(step, reader(list(w)))
