"""A character model in a hundred lines of plain NumPy, its backward pass by hand.

    python examples/13_numpy_character_model.py

An RNN reads letters and predicts the next one, as in Karpathy's min-char-rnn (2015).
Example 14 is the same as a graph.
"""

import numpy as np

TEXT = """how much wood would a woodchuck chuck
if a woodchuck could chuck wood
a woodchuck would chuck all the wood he could
if a woodchuck could chuck wood
"""
LETTERS = sorted(set(TEXT))
HIDDEN, STEPS, RATE, CLIP = 48, 32, 0.03, 5.0


def beginning(seed=0):
    """Return the parameters before training, and the state before the first letter."""
    rng = np.random.default_rng(seed)
    size = len(LETTERS)
    return {
        "U": 0.1 * rng.normal(size=(size, HIDDEN)),  # from a letter
        "W": 0.1 * rng.normal(size=(HIDDEN, HIDDEN)),  # from the last state
        "V": 0.1 * rng.normal(size=(HIDDEN, size)),  # to the next letter
        "b": np.zeros(HIDDEN),
        "c": np.zeros(size),
    }, np.zeros(HIDDEN)


def forward(x, y, h0, U, W, V, b, c):
    """Return all states from h0 on, the probabilities, and the loss Σ -log p(y)."""
    h, p = [h0], []
    for letter in x:
        h.append(np.tanh(U[letter] + h[-1] @ W + b))
        e = np.exp(h[-1] @ V + c)
        p.append(e / e.sum())
    return np.array(h), np.array(p), -np.log(np.array(p)[range(len(x)), y]).sum()


def backward(x, y, h0, U, W, V, b, c):
    """Return the gradient of each parameter: back-propagation through time."""
    h, p, _ = forward(x, y, h0, U, W, V, b, c)
    dU, dW, dV = np.zeros_like(U), np.zeros_like(W), np.zeros_like(V)
    db, dc, dh = np.zeros_like(b), np.zeros_like(c), np.zeros_like(h0)
    for t in reversed(range(len(x))):  # h[t + 1] is the state after letter t
        do = p[t].copy()
        do[y[t]] -= 1  # softmax and log together: p minus one-hot
        dV += np.outer(h[t + 1], do)
        dc += do
        dz = (do @ V.T + dh) * (1 - h[t + 1] ** 2)  # from above, and from the right
        dW += np.outer(h[t], dz)
        dU[x[t]] += dz
        db += dz
        dh = dz @ W.T  # to the left
    return {"U": dU, "W": dW, "V": dV, "b": db, "c": dc}


def chunks(count):
    """Yield letters and the next letters, STEPS at a time, from the beginning again."""
    ids = np.array([LETTERS.index(letter) for letter in TEXT])
    for start in range(0, count * STEPS, STEPS):
        at = np.arange(start, start + STEPS + 1) % len(ids)
        yield ids[at[:-1]], ids[at[1:]]


def train(updates=400):
    """Return trained parameters, and the loss of a letter at every update."""
    parameters, h = beginning()
    squares = {name: np.zeros_like(value) for name, value in parameters.items()}
    losses = []
    for x, y in chunks(updates):
        states, _, loss = forward(x, y, h, **parameters)
        gradients = backward(x, y, h, **parameters)
        h = states[-1]  # carried on; its gradient is not
        losses.append(loss / STEPS)
        norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
        for name, g in gradients.items():
            g = g * min(1.0, CLIP / norm)
            squares[name] += g**2  # AdaGrad
            parameters[name] -= RATE * g / (np.sqrt(squares[name]) + 1e-10)
    return parameters, losses


def written(parameters, count, seed=0):
    """Return letters drawn one after the other."""
    rng, h, letter, text = np.random.default_rng(seed), np.zeros(HIDDEN), 0, ""
    for _ in range(count):
        h, p, _ = forward([letter], [0], h, **parameters)
        h, letter = h[-1], rng.choice(len(LETTERS), p=p[-1])
        text += LETTERS[letter]
    return text


if __name__ == "__main__":
    trained, losses = train()
    print(f"loss of a letter: {losses[0]:.2f} before, {losses[-1]:.2f} after")
    print(written(trained, 120))
