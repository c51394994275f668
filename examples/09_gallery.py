"""Every picture of docs/gallery, from graphs that are written here or run elsewhere.

    python examples/09_gallery.py --output docs/gallery

Each network is drawn folded and unfolded. The pictures follow their reader into dark
mode; README.md lists them.
"""

import argparse
import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn

BATCH, WIDE, HIDDEN = "batch", 8, 16


def weights(name: str, *shape: int) -> tg.Node:
    """Return a parameter; its values do not matter here."""
    return tg.parameter(name, np.zeros(shape, "float32"))


def inputs(name: str = "x", time: str = "t") -> tg.Node:
    """Return the vectors that a network reads."""
    return tg.sequence(name, (BATCH, WIDE), time=time)


def state(name: str) -> tg.Delay:
    """Return an open delay that holds the last value of a state."""
    return tg.delay(f"{name}_prev", shape=(BATCH, HIDDEN))


def book() -> tg.Graph:
    """The figure of the book (Goodfellow et al., 2016, figure 10.3)."""
    x, h_prev = inputs(), state("h")
    y = tg.sequence("y", (BATCH,), "int64")
    U, W = weights("U", WIDE, HIDDEN), weights("W", HIDDEN, HIDDEN)
    h = tg.tanh(x @ U + h_prev @ W + weights("b", HIDDEN)).named("h")
    h_prev.close(h)
    o = (h @ weights("V", HIDDEN, 4) + weights("c", 4)).named("o")
    L = tg.mean(tg.cross_entropy(o, y)).named("L")
    return tg.Graph({"L": tg.sum_over_time(L)})


def cell(kind: str) -> tg.Graph:
    """Return one layer of the package, whose cell is drawn open."""
    layer = rnn.LAYERS[kind](WIDE, HIDDEN, rng=RNG)
    (states,) = layer.states(inputs())
    return tg.Graph(dict(zip(layer.state_names, states, strict=True)))


def bidirectional() -> tg.Graph:
    """One loop each way over one input (Schuster & Paliwal, 1997)."""
    layer = rnn.GRU(WIDE, HIDDEN, rng=RNG, bidirectional=True)
    return tg.Graph({"y": layer(inputs())})


def encoder_decoder() -> tg.Graph:
    """Two time axes: the last state of one begins another (Sutskever et al., 2014)."""
    x, y = inputs("x", "source"), inputs("y", "target")
    encoder = rnn.GRU(WIDE, HIDDEN, rng=RNG, name="encoder")
    decoder = rnn.GRU(WIDE, HIDDEN, rng=RNG, name="decoder")
    with tg.scope("Encoder"):
        h = encoder(x)
    code = tg.last(h)
    with tg.scope("Decoder"):
        s = decoder(y, init=[[code]])
    logits = rnn.Linear(HIDDEN, WIDE, rng=RNG)(s)
    return tg.Graph({"p": tg.softmax(logits, axis=-1)})


def stacked() -> tg.Graph:
    """Two layers, one upon the other."""
    return tg.Graph({"y": rnn.LSTM(WIDE, HIDDEN, 2, rng=RNG)(inputs())})


def deep() -> tg.Graph:
    """Four equal layers, one upon the other, drawn once."""
    return tg.Graph({"y": rnn.LSTM(WIDE, HIDDEN, 4, rng=RNG)(inputs())})


def two_step_delay() -> tg.Graph:
    """A state that sees one and two steps back."""
    x, one = inputs(), state("h")
    two = tg.delay("h_before", shape=(BATCH, HIDDEN), steps=2)
    W1, W2 = weights("W₁", HIDDEN, HIDDEN), weights("W₂", HIDDEN, HIDDEN)
    h = tg.tanh(x @ weights("U", WIDE, HIDDEN) + one @ W1 + two @ W2).named("h")
    one.close(h)
    two.close(h)
    return tg.Graph({"h": h})


def adjoint() -> tg.Graph:
    """A gradient is a graph too: its own loop runs the other way."""
    x, w = tg.sequence("x", ()), weights("w")
    h_prev = tg.delay("h_prev", shape=())
    h = tg.tanh(x + h_prev * w).named("h")
    h_prev.close(h)
    loss = tg.sum_over_time(h).named("loss")
    of_h, of_w = tg.grad(loss, [h, w])
    return tg.Graph({"loss": loss, "h̄": of_h, "w̄": of_w})


RNG = np.random.default_rng(0)

CELLS = {
    "rnn": "Simple recurrent network (Elman, 1990)",
    "jordan": "The output comes back (Jordan, 1986)",
    "indrnn": "Independent units (Li et al., 2018)",
    "lstm": "LSTM (Hochreiter & Schmidhuber, 1997; Gers et al., 2000)",
    "lstm-peephole": "LSTM whose gates see the cell (Gers et al., 2002)",
    "lstm-coupled": "LSTM that forgets what it overwrites (Greff et al., 2017)",
    "lstm-projected": "LSTM with a smaller output (Sak et al., 2014)",
    "lstm-layer-norm": "Layer-normalised LSTM (Ba et al., 2016)",
    "gru": "Gated recurrent unit, reset after the product (Cho et al., 2014)",
    "gru-reset-before": "Gated recurrent unit as first published (Cho et al., 2014)",
    "mgu": "Minimal gated unit (Zhou et al., 2016)",
}

NETWORKS: dict[Callable[[], tg.Graph], dict[str, Any]] = {
    bidirectional: {},
    stacked: {},
    deep: {},
    encoder_decoder: {"direction": "LR"},
    two_step_delay: {"collapse": "variables"},
    adjoint: {"direction": "LR", "highlight": [("h̄", "h̄")]},
}
"""Network → how it is drawn."""


def example(name: str) -> dict[str, tg.Drawing]:
    """Return the figures of another example of this folder."""
    sys.path.insert(0, str(Path(__file__).parent))
    figures: dict[str, tg.Drawing] = importlib.import_module(name).figures()
    return figures


def pair(graph: tg.Graph, **options: Any) -> list[tg.Drawing]:
    """Return a graph folded, and unfolded over three steps."""
    return [tg.draw(graph, **options), tg.draw(graph, steps=3, **options)]


def figures() -> dict[str, tuple[str, list[tg.Drawing]]]:
    """Return the pictures: name → what it is, and one drawing or two."""
    words = (book.__doc__ or "").rstrip(".")
    found = {"book": (words, pair(book(), collapse="variables"))}
    for kind, words in CELLS.items():
        found[kind.replace("-", "_")] = words, pair(cell(kind))
    for network, options in NETWORKS.items():
        words = (network.__doc__ or "").rstrip(".")
        found[network.__name__] = words, pair(network(), **options)
    for name, drawing in example("05_slides").items():
        found[f"slide_{name}"] = f"Slides: {drawing.title.partition(':')[0]}", [drawing]
    for name, drawing in example("08_gradient_flow").items():
        words = f"Gradient norms: {name[2:].replace('_', ', ')}"
        found[f"flow_{name}"] = words, [drawing]
    return found


def main() -> None:
    """Write every picture and the page that lists them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, help="folder (default: a new one)")
    folder = parser.parse_args().output or Path(tempfile.mkdtemp(prefix="gallery-"))
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Gallery",
        "",
        "`python examples/09_gallery.py --output docs/gallery`",
        "",
    ]
    for name, (words, drawings) in figures().items():
        lines += [f"## {words}", ""]
        for drawing, form in zip(drawings, ("", "_unfolded"), strict=False):
            drawing.themed("auto").save(folder / f"{name}{form}.svg")
            lines += [f"![{drawing.title}]({name}{form}.svg)"]
        lines += [""]
    with tg.atomic_file(folder / "README.md") as page:
        page.write("\n".join(lines).encode())
    print(f"wrote {len(figures())} networks to {folder}")


if __name__ == "__main__":
    main()
