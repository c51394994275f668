"""The figures of the founding slides, from graphs that run.

    python examples/05_slides.py --output slides

Three models, each drawn folded and unfolded: an RNN, an RNN language model over a
sentence, and an LSTM. Each graph is also run, so that no picture shows a model
that does not work.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import tinygraph as tg

SENTENCE = "the cat sat on the mat".split()
WORDS = sorted(set(SENTENCE))
HIDDEN = 16


def weights(name: str, *shape: int) -> tg.Node:
    """Return a small random parameter, the same in every run."""
    rng = np.random.default_rng(sum(map(ord, name)))
    return tg.parameter(name, (0.3 * rng.normal(size=shape)).astype("float32"))


def rnn() -> tg.Graph:
    """Return hₜ = tanh(xₜ U + hₜ₋₁ W + b) and oₜ = hₜ V (Elman, 1990)."""
    x = tg.sequence("x", ("batch", 8))
    h_prev = tg.delay("h_prev", shape=("batch", HIDDEN))
    W, U = weights("W", HIDDEN, HIDDEN), weights("U", 8, HIDDEN)
    h = tg.tanh(x @ U + h_prev @ W + weights("b", HIDDEN)).named("h")
    h_prev.close(h)
    return tg.Graph({"o": h @ weights("V", HIDDEN, 4)})


def linear(name: str, x: tg.Node, size: int) -> tg.Node:
    """Return x W + b, one box in the pictures."""
    with tg.scope(name):
        W = weights(f"W of {name}", x.shape[-1], size)
        return x @ W + weights(f"b of {name}", size)


def language_model() -> tg.Graph:
    """Return p(next word | words so far), and minus its log for the word that came."""
    x = tg.sequence("x", ("batch",), "int64")
    y = tg.sequence("y", ("batch",), "int64")
    with tg.scope("Embed"):
        e = tg.take(weights("E", len(WORDS), 8), x, axis=0)
    with tg.scope("RNN cell"):
        h_prev = tg.delay("h_prev", shape=("batch", HIDDEN))
        z = e @ weights("U", 8, HIDDEN) + h_prev @ weights("W", HIDDEN, HIDDEN)
        h = tg.tanh(z).named("h")
        h_prev.close(h)
    p = tg.softmax(linear("Linear", h, len(WORDS)), axis=-1)
    with tg.scope("cross-entropy"):
        said = tg.take_along_axis(p, tg.expand_dims(y, -1), axis=-1)
        L = (-tg.mean(tg.log(said))).named("L")
    return tg.Graph({"ŷ": p, "loss": tg.sum_over_time(L)})


def lstm() -> tg.Graph:
    """Return an LSTM cell (Hochreiter & Schmidhuber, 1997; Gers et al., 2000)."""
    x = tg.sequence("x", ("batch", 8))
    with tg.scope("LSTM cell"):
        h_prev = tg.delay("h_prev", shape=("batch", HIDDEN))
        c_prev = tg.delay("c_prev", shape=("batch", HIDDEN))
        xh = tg.concat([x, h_prev], axis=-1)
        f = tg.sigmoid(linear("Linear f", xh, HIDDEN)).named("forget f")
        i = tg.sigmoid(linear("Linear i", xh, HIDDEN)).named("input i")
        g = tg.tanh(linear("Linear g", xh, HIDDEN)).named("candidate g")
        o = tg.sigmoid(linear("Linear o", xh, HIDDEN)).named("output o")
        c = (f * c_prev + i * g).named("c")
        h = (tg.tanh(c) * o).named("h")
        c_prev.close(c)
        h_prev.close(h)
    return tg.Graph({"h": h})


def figures() -> dict[str, tg.Drawing]:
    """Return the pictures by the names of their files."""
    model = language_model()
    words = [f"“{word}”" for word in SENTENCE]
    folded = {"x": "word xₜ", "y": "next word xₜ₊₁", "loss": "L = Σ Lₜ"}
    unfolded = {"x": words[:-1], "y": words[1:], "loss": "L = Σ Lₜ"}
    steps = len(SENTENCE) - 1
    return {
        "1_rnn": tg.draw(rnn()),
        "2_rnn_unfolded": tg.draw(tg.unroll(rnn(), 3), start="t"),
        "3_language_model": tg.draw(model, labels=folded),
        "4_language_model_unfolded": tg.draw(
            tg.unroll(model, steps), start=1, labels=unfolded
        ),
        "5_lstm": tg.draw(lstm()),
        "6_lstm_unfolded": tg.draw(tg.unroll(lstm(), 3), start="t"),
    }


def check() -> None:
    """Run the three models once: a uniform guess costs log(words) per word."""
    x = np.zeros((3, 2, 8), "float32")
    assert tg.compile(rnn())({"x": x})["o"].shape == (3, 2, 4)
    assert tg.compile(lstm())({"x": x})["h"].shape == (3, 2, HIDDEN)
    ids = np.array([[WORDS.index(word)] for word in SENTENCE])
    loss = tg.compile(language_model())({"x": ids[:-1], "y": ids[1:]})["loss"]
    print(f"untrained: {loss / (len(ids) - 1):.2f} nats per word")


def main() -> None:
    """Write every figure as SVG and PNG, and say where."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, help="folder (default: a new one)")
    parser.add_argument("--formats", nargs="+", default=["svg", "png"])
    options = parser.parse_args()
    folder = options.output or Path(tempfile.mkdtemp(prefix="slides-"))
    folder.mkdir(parents=True, exist_ok=True)
    check()
    for name, drawing in figures().items():
        for form in options.formats:
            drawing.save(folder / f"{name}.{form}")
    print(f"wrote {len(figures())} figures to {folder}")


if __name__ == "__main__":
    main()
