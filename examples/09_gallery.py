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

import numpy as np

import tinygraph as tg

BATCH, WIDE, HIDDEN = "batch", 8, 16


def weights(name: str, *shape: int) -> tg.Node:
    """Return a parameter; its values do not matter here."""
    return tg.parameter(name, np.zeros(shape, "float32"))


def linear(name: str, *parts: tg.Node, size: int = HIDDEN) -> tg.Node:
    """Return b + Σ part W, one box in the pictures."""
    with tg.scope(f"Linear {name}"):
        total = weights(f"b{name}", size)
        for i, part in enumerate(parts):
            total = part @ weights(f"W{name}{i}", part.shape[-1], size) + total
        return total


def state(name: str, **options: object) -> tg.Delay:
    """Return an open delay that holds the last value of a state."""
    return tg.delay(f"{name}_prev", shape=(BATCH, HIDDEN), **options)


def elman() -> tg.Graph:
    """Elman (1990): the hidden state comes back."""
    x, h_prev = tg.sequence("x", (BATCH, WIDE)), state("h")
    W, U = weights("W", WIDE, HIDDEN), weights("U", HIDDEN, HIDDEN)
    h = tg.tanh(x @ W + h_prev @ U).named("h")
    h_prev.close(h)
    return tg.Graph({"y": h @ weights("V", HIDDEN, 4)})


def jordan() -> tg.Graph:
    """Jordan (1986): the output comes back."""
    x = tg.sequence("x", (BATCH, WIDE))
    y_prev = tg.delay("y_prev", shape=(BATCH, 4))
    W, U = weights("W", WIDE, HIDDEN), weights("U", 4, HIDDEN)
    h = tg.tanh(x @ W + y_prev @ U).named("h")
    y = (h @ weights("V", HIDDEN, 4)).named("y")
    y_prev.close(y)
    return tg.Graph({"y": y})


def lstm_with_peepholes() -> tg.Graph:
    """LSTM whose gates see the cell (Gers & Schmidhuber, 2000)."""
    x = tg.sequence("x", (BATCH, WIDE))
    with tg.scope("LSTM cell with peepholes"):
        h_prev, c_prev = state("h"), state("c")
        i = tg.sigmoid(linear("i", x, h_prev, c_prev)).named("input i")
        f = tg.sigmoid(linear("f", x, h_prev, c_prev)).named("forget f")
        g = tg.tanh(linear("g", x, h_prev)).named("candidate g")
        c = (f * c_prev + i * g).named("c")
        o = tg.sigmoid(linear("o", x, h_prev, c)).named("output o")
        h = (o * tg.tanh(c)).named("h")
    c_prev.close(c)
    h_prev.close(h)
    return tg.Graph({"h": h})


def gru() -> tg.Graph:
    """Gated recurrent unit (Cho et al., 2014)."""
    x = tg.sequence("x", (BATCH, WIDE))
    with tg.scope("GRU cell"):
        h_prev = state("h")
        r = tg.sigmoid(linear("r", x, h_prev)).named("reset r")
        z = tg.sigmoid(linear("z", x, h_prev)).named("update z")
        n = tg.tanh(linear("n", x, r * h_prev)).named("candidate n")
        h = ((1 - z) * n + z * h_prev).named("h")
    h_prev.close(h)
    return tg.Graph({"h": h})


def bidirectional() -> tg.Graph:
    """One loop each way over one input (Schuster & Paliwal, 1997)."""
    x = tg.sequence("x", (BATCH, WIDE))
    f_prev, b_next = state("f"), tg.delay("b_next", shape=(BATCH, HIDDEN), steps=-1)
    f = tg.tanh(linear("f", x, f_prev)).named("f")
    b = tg.tanh(linear("b", x, b_next)).named("b")
    f_prev.close(f)
    b_next.close(b)
    return tg.Graph({"y": tg.concat([f, b], axis=-1)})


def encoder_decoder() -> tg.Graph:
    """Two time axes: the last state of one begins another (Sutskever et al., 2014)."""
    x = tg.sequence("x", (BATCH, WIDE), time="source")
    y = tg.sequence("y", (BATCH, WIDE), time="target")
    h_prev = state("h", time="source")
    h = tg.tanh(linear("encode", x, h_prev)).named("h")
    h_prev.close(h)
    s_prev = tg.delay("s_prev", init=tg.last(h), time="target")
    s = tg.tanh(linear("decode", y, s_prev)).named("s")
    s_prev.close(s)
    return tg.Graph({"p": tg.softmax(linear("out", s, size=WIDE), axis=-1)})


def two_step_delay() -> tg.Graph:
    """A state that sees one and two steps back."""
    x, one = tg.sequence("x", (BATCH, HIDDEN)), state("h")
    two = tg.delay("h_before", shape=(BATCH, HIDDEN), steps=2)
    h = tg.tanh(x + one @ weights("U", HIDDEN, HIDDEN) + two * 0.5).named("h")
    one.close(h)
    two.close(h)
    return tg.Graph({"h": h})


def adjoint() -> tg.Graph:
    """A gradient is a graph too: its own loop runs the other way."""
    x, w = tg.sequence("x", (BATCH,)), weights("w")
    h_prev = tg.delay("h_prev", shape=(BATCH,))
    h = tg.tanh(x + h_prev * w).named("h")
    h_prev.close(h)
    loss = tg.sum_over_time(tg.sum(h)).named("loss")
    return tg.Graph({"loss": loss, "dloss/dw": tg.grad(loss, w)})


def stacked() -> tg.Graph:
    """Four equal layers, one upon the other, drawn once."""
    value = tg.sequence("x", (BATCH, HIDDEN))
    for i in range(1, 5):
        h_prev = tg.delay(f"layers.{i}.h_prev", shape=(BATCH, HIDDEN))
        with tg.scope(f"RNN cell {i}"):
            U = weights(f"U{i}", HIDDEN, HIDDEN)
            value = tg.tanh(value + h_prev @ U).named("h")
        h_prev.close(value)
    return tg.Graph({"h": value})


NETWORKS: tuple[Callable[[], tg.Graph], ...] = (
    *(elman, jordan, lstm_with_peepholes, gru, bidirectional, encoder_decoder),
    *(two_step_delay, stacked, adjoint),
)


def example(name: str) -> dict[str, tg.Drawing]:
    """Return the figures of another example of this folder."""
    sys.path.insert(0, str(Path(__file__).parent))
    figures: dict[str, tg.Drawing] = importlib.import_module(name).figures()
    return figures


def figures() -> dict[str, tuple[str, list[tg.Drawing]]]:
    """Return the pictures: name → what it is, and one drawing or two."""
    found = {}
    for network in NETWORKS:
        graph, words = network(), (network.__doc__ or "").rstrip(".")
        pair = [tg.draw(graph), tg.draw(graph, steps=3)]
        found[network.__name__] = words, pair
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
