"""One definition, three ways to run it: an encoder and a decoder turn words around.

Trained with the true letters (teacher forcing), then with a coin between them and its
own (scheduled sampling), and used with its own alone (free running).
"""

import numpy as np

import tinygraph as tg
from tinygraph_rnn import Adam, EncoderDecoder, pad_sequences

LETTERS = ".abcdefgh"
"""The first one starts and ends a word."""


def words(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Return random words of 2 to 6 letters, the same turned around, and lengths."""
    given = [rng.integers(1, len(LETTERS), rng.integers(2, 7)) for _ in range(rows)]
    source, source_lengths = pad_sequences(given)
    target, target_lengths = pad_sequences([[*word[::-1], 0] for word in given])
    return {
        "source": source.astype("int32"),
        "target": target.astype("int32"),
        "source_lengths": source_lengths,
        "target_lengths": target_lengths,
    }


def main() -> None:
    """Train for 400 updates; let it speak."""
    rng = np.random.default_rng(0)
    model = EncoderDecoder(len(LETTERS), len(LETTERS), 32, lengths=True, rng=rng)
    graph = model.scheduled()
    gradients = tg.grad(graph["loss"], model.parameters)
    named = {p.label: g for p, g in zip(model.parameters, gradients, strict=True)}
    step = tg.compile({"loss": graph["loss"], **named})
    adam = Adam(step.parameters)
    for update in range(401):
        teacher = np.float32(1.0 if update < 200 else 0.5)
        out = step({**words(rng, 32), "teacher": teacher}, seed=update)
        adam.update(step.parameters, {n: out[n] for n in named}, 0.01)
        if update % 100 == 0:
            print(f"update {update}: teacher {teacher}, loss {out['loss']:.3f}")

    speak = tg.compile(model.free_running(), parameters=step.parameters)
    asked = words(rng, 200)
    fed = {name: asked[name] for name in ("source", "source_lengths")}
    told = speak(fed, steps={"target": 7})["tokens"]
    right = 0
    for row, length in enumerate(asked["target_lengths"]):
        right += (told[:length, row] == asked["target"][:length, row]).all()
    print(f"{right} of 200 new words turned around, running free")
    for row in range(3):
        word, back = asked["source"][:, row], told[:, row]
        print("".join(LETTERS[i] for i in word), "".join(LETTERS[i] for i in back))


if __name__ == "__main__":
    main()
