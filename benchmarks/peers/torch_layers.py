"""PyTorch: nn.LSTM, nn.GRU and nn.RNN, as users call them."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.peers.ready import Ready
from benchmarks.peers.tinygraph_layers import layers_of
from benchmarks.peers.torch_steps import differentiated
from benchmarks.problems import Arrays, LayerProblem


def build(problem: LayerProblem, variant: str, threads: int) -> Ready:
    """Return the step, with the weights of our layers."""
    torch.set_num_threads(threads)
    layers = layers_of(problem)
    peer = _peer(problem, layers)
    x = torch.from_numpy(problem.x()).requires_grad_(problem.training)
    lengths = torch.from_numpy(problem.row_lengths()).long()

    def output() -> Tensor:
        if not problem.lengths:
            return peer(x)[0]
        packed = pack_padded_sequence(x, lengths)
        return pad_packed_sequence(peer(packed)[0], total_length=problem.steps)[0]

    if not problem.training:
        return Ready(lambda: _without_gradients(output), lambda h: {"h": h.numpy()})
    names = ["x", *(name for name, _ in peer.named_parameters())]
    step = differentiated(lambda: (output() ** 2).mean(), [x, *peer.parameters()])

    def read(results: list[Tensor]) -> Arrays:
        arrays = [each.detach().numpy() for each in results]
        named = dict(zip(("loss", *names), arrays, strict=True))
        return {"loss": named["loss"], "x": named["x"], **_ours(layers, peer, named)}

    return Ready(step, read)


def _without_gradients(output: Any) -> Tensor:
    with torch.no_grad():
        found: Tensor = output()
        return found


def _peer(problem: LayerProblem, layers: Any) -> Any:
    """Return torch's layers with our weights; of its two biases one is spare."""
    kind = getattr(nn, problem.cell)
    options = {"num_layers": problem.layers, "bidirectional": problem.both_ways}
    dtype = getattr(torch, problem.dtype)
    peer = kind(problem.hidden, problem.hidden, dtype=dtype, **options)
    with torch.no_grad():
        for suffix, weights in zip(_suffixes(peer), layers.layers, strict=True):
            values = [torch.tensor(leaf.attrs["value"]) for leaf in weights]
            getattr(peer, f"weight_ih_{suffix}").copy_(values[0].T)
            getattr(peer, f"weight_hh_{suffix}").copy_(values[1].T)
            getattr(peer, f"bias_ih_{suffix}").copy_(values[2])
            spare = getattr(peer, f"bias_hh_{suffix}").zero_()
            if len(values) == 4:
                spare[2 * problem.hidden :] = values[3]
    return peer


def _suffixes(peer: Any) -> list[str]:
    """Return the endings of torch's names, in the order of our layers."""
    ways = ("", "_reverse") if peer.bidirectional else ("",)
    return [f"l{depth}{way}" for depth in range(peer.num_layers) for way in ways]


def _ours(layers: Any, peer: Any, named: Arrays) -> Arrays:
    """Return gradients by our names, in our layout."""
    found = {}
    for suffix, weights in zip(_suffixes(peer), layers.layers, strict=True):
        arrays = [
            named[f"weight_ih_{suffix}"].T,
            named[f"weight_hh_{suffix}"].T,
            named[f"bias_ih_{suffix}"],
            named[f"bias_hh_{suffix}"][2 * peer.hidden_size :],
        ]
        found |= {
            leaf.label: array for leaf, array in zip(weights, arrays, strict=False)
        }
    return found
