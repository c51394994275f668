"""Draws three networks by tinygraph and by TorchLens, for docs/results/torchlens.md.

    pip install torch torchlens
    python docs/beside_torchlens.py --output docs/results/torchlens

Both draw a network twice: TorchLens "rolled" and "unrolled", from one recorded run over
four steps; tinygraph folded, and unfolded over four steps. Sizes are the same.
"""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn

STEPS, WIDE, HIDDEN, OUT = 4, 8, 16, 4


def our_networks() -> dict[str, tg.Graph]:
    """Return the three networks as graphs."""
    return {"rnn": _rnn(), "gru": _gru(), "encoder_decoder": _encoder_decoder()}


def _rnn() -> tg.Graph:
    x, h_prev = _inputs("x", "t"), tg.delay("h_prev", shape=("batch", HIDDEN))
    h = tg.tanh(x @ _weights("U", WIDE) + h_prev @ _weights("W", HIDDEN)).named("h")
    h_prev.close(h)
    return tg.Graph({"o": h @ _weights("V", HIDDEN, OUT)})


def _gru() -> tg.Graph:
    layer = rnn.GRU(WIDE, HIDDEN, rng=np.random.default_rng(0))
    return tg.Graph({"h": layer(_inputs("x", "t"))})


def _encoder_decoder() -> tg.Graph:
    rng = np.random.default_rng(0)
    encoder = rnn.GRU(WIDE, HIDDEN, rng=rng, name="encoder")
    decoder = rnn.GRU(WIDE, HIDDEN, rng=rng, name="decoder")
    with tg.scope("Encoder"):
        h = encoder(_inputs("x", "source"))
    code = tg.last(h)
    with tg.scope("Decoder"):
        s = decoder(_inputs("y", "target"), init=[[code]])
    return tg.Graph({"o": rnn.Linear(HIDDEN, OUT, rng=rng)(s)})


def _inputs(name: str, time: str) -> tg.Node:
    return tg.sequence(name, ("batch", WIDE), time=time)


def _weights(name: str, rows: int, columns: int = HIDDEN) -> tg.Node:
    return tg.parameter(name, np.zeros((rows, columns), "float32"))


def draw_ours(folder: Path) -> None:
    """Write both pictures of each network."""
    for name, graph in our_networks().items():
        direction: Any = "LR" if name == "encoder_decoder" else "BT"
        for form, steps in (("folded", None), ("unfolded", STEPS)):
            drawing = tg.draw(graph, steps=steps, max_steps=None, direction=direction)
            drawing.save(folder / f"{name}_{form}.svg")


def draw_theirs(folder: Path) -> str:
    """Write both pictures of each network as TorchLens draws it; return its version."""
    torch, torchlens = map(importlib.import_module, ("torch", "torchlens"))
    torch.manual_seed(0)
    for name, (network, inputs) in _their_networks(torch).items():
        trace = torchlens.trace(network, inputs)
        for mode in ("rolled", "unrolled"):
            target = folder / f"{name}_{mode}"
            trace.draw(
                vis_mode=mode,
                vis_outpath=str(target),
                vis_fileformat="svg",
                vis_save_only=True,
            )
            target.unlink(missing_ok=True)
    return str(torchlens.__version__)


def _their_networks(torch: Any) -> dict[str, tuple[Any, Any]]:
    """Return the three networks as PyTorch modules, with inputs of four steps."""
    nn = torch.nn

    class RNN(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.U, self.W = nn.Linear(WIDE, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
            self.V = nn.Linear(HIDDEN, OUT)

        def forward(self, x: Any) -> Any:
            h, found = torch.zeros(2, HIDDEN), []
            for step in x:
                h = torch.tanh(self.U(step) + self.W(h))
                found.append(self.V(h))
            return torch.stack(found)

    class GRU(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.GRUCell(WIDE, HIDDEN)

        def forward(self, x: Any) -> Any:
            h, found = torch.zeros(2, HIDDEN), []
            for step in x:
                h = self.cell(step, h)
                found.append(h)
            return torch.stack(found)

    class EncoderDecoder(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.GRUCell(WIDE, HIDDEN)
            self.decoder = nn.GRUCell(WIDE, HIDDEN)
            self.linear = nn.Linear(HIDDEN, OUT)

        def forward(self, x: Any, y: Any) -> Any:
            h, found = torch.zeros(2, HIDDEN), []
            for step in x:
                h = self.encoder(step, h)
            for step in y:
                h = self.decoder(step, h)
                found.append(self.linear(h))
            return torch.stack(found)

    x, y = torch.randn(2, STEPS, 2, WIDE)
    pair = (EncoderDecoder(), [x, y])
    return {"rnn": (RNN(), x), "gru": (GRU(), x), "encoder_decoder": pair}


def main() -> None:
    """Write twelve pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, required=True, help="folder")
    parser.add_argument("--ours", action="store_true", help="those of tinygraph alone")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    draw_ours(options.output)
    if not options.ours:
        sys.stderr.write(f"TorchLens {draw_theirs(options.output)}\n")


if __name__ == "__main__":
    main()
