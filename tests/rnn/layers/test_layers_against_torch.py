"""Every layer equals PyTorch's in float64: outputs, and gradients of everything."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import (
    GRU,
    LSTM,
    RNN,
    Embedding,
    LanguageModel,
    Linear,
    ProjectedLSTM,
    cells,
)

torch = pytest.importorskip("torch")

T, B, I, H, V = 6, 3, 4, 5, 11
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def rng():
    return np.random.default_rng(3)


def tensor(array):
    return torch.tensor(np.array(array), requires_grad=True)


def names_of(peer):
    """The suffixes of torch's weights, in the order of our layers."""
    ways = ("", "_reverse") if peer.bidirectional else ("",)
    return [f"l{depth}{way}" for depth in range(peer.num_layers) for way in ways]


def set_weights(peer, layer):
    """Copy a stack's weights into torch's; of its two biases the second is spare."""
    with torch.no_grad():
        for name, w in zip(names_of(peer), layer.layers, strict=True):
            values = [torch.tensor(node.attrs["value"]) for node in w]
            getattr(peer, f"weight_ih_{name}").copy_(values[0].T)
            getattr(peer, f"weight_hh_{name}").copy_(values[1].T)
            getattr(peer, f"bias_ih_{name}").copy_(values[2])
            getattr(peer, f"bias_hh_{name}").zero_()
            if isinstance(w, cells.GRUWeights):
                getattr(peer, f"bias_hh_{name}")[2 * layer.hidden_size :] = values[3]
            if isinstance(w, cells.ProjectedLSTMWeights):
                getattr(peer, f"weight_hr_{name}").copy_(values[3].T)


def peer_gradients(peer):
    """Return torch's gradients in the order and layout of `layer.parameters`."""
    found = []
    for name in names_of(peer):
        found += [
            getattr(peer, f"weight_ih_{name}").grad.T,
            getattr(peer, f"weight_hh_{name}").grad.T,
            getattr(peer, f"bias_ih_{name}").grad,
        ]
        if peer.mode == "GRU":
            found.append(getattr(peer, f"bias_hh_{name}").grad[2 * peer.hidden_size :])
        if peer.proj_size:
            found.append(getattr(peer, f"weight_hr_{name}").grad.T)
    return [each.numpy() for each in found]


PAIRS = {
    "lstm": (LSTM, torch.nn.LSTM, {}, {}),
    "tanh": (RNN, torch.nn.RNN, {"nonlinearity": "tanh"}, {"nonlinearity": "tanh"}),
    "relu": (RNN, torch.nn.RNN, {"nonlinearity": "relu"}, {"nonlinearity": "relu"}),
    "gru": (GRU, torch.nn.GRU, {}, {}),
    "projected": (ProjectedLSTM, torch.nn.LSTM, {"proj_size": 3}, {"proj_size": 3}),
}


def pair(kind, num_layers, bidirectional):
    """One of our layers with random weights, biases too, and its peer with the same."""
    ours, theirs, settings, peer_settings = PAIRS[kind]
    layer = ours(
        I,
        H,
        num_layers,
        rng=rng(),
        dtype="float64",
        bidirectional=bidirectional,
        **settings,
    )
    peer = theirs(I, H, num_layers, bidirectional=bidirectional, **peer_settings)
    set_weights(peer.double(), layer)
    return layer, peer


def with_gradients(layer, **options):
    """Compile the output and the gradients of Σ ct·h by all there is."""
    x = tg.sequence("x", ("batch", I), "float64")
    ct = tg.sequence("ct", ("batch", layer.output_size), "float64")
    init = [
        [
            tg.placeholder(f"{state}{place}", ("batch", size), "float64")
            for state, size in zip(layer.state_names, layer.state_sizes, strict=True)
        ]
        for place in range(len(layer.layers))
    ]
    h = layer(x, init, **options)
    wrt = [x, *layer.parameters, *(node for each in init for node in each)]
    found = tg.grad(tg.sum_over_time(tg.sum(h * ct)), wrt)
    outputs = {f"{i}": gradient for i, gradient in enumerate(found)}
    return tg.compile({"h": h, **outputs}), wrt, init


def feeds_of(layer, init):
    draw = np.random.default_rng(0).normal
    feeds = {
        "x": draw(size=(T, B, I)),
        "ct": draw(size=(T, B, layer.output_size)),
    }
    return feeds | {
        node.name: draw(size=(B, node.shape[-1])) for each in init for node in each
    }


def run_peer(peer, init, feeds, lengths=None):
    """Return torch's outputs and gradients for the same feeds, in our order."""
    x = tensor(feeds["x"])
    states = [
        tensor(np.stack([feeds[each[place].name] for each in init]))
        for place in range(len(init[0]))
    ]
    first = tuple(states) if len(states) == 2 else states[0]
    if lengths is None:
        hs = peer(x, first)[0]
    else:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        packed = pack(x, torch.tensor(lengths), enforce_sorted=False)
        hs = torch.nn.utils.rnn.pad_packed_sequence(peer(packed, first)[0])[0]
    (hs * torch.tensor(feeds["ct"])).sum().backward()
    flat = [state.grad[place] for place in range(len(init)) for state in states]
    return hs.detach(), [x.grad, *peer_gradients(peer), *flat]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("kind", PAIRS)
def test_recurrent_layers(kind, num_layers, bidirectional):
    layer, peer = pair(kind, num_layers, bidirectional)
    run, wrt, init = with_gradients(layer)
    feeds = feeds_of(layer, init)
    got = run(feeds)
    hs, want = run_peer(peer, init, feeds)
    np.testing.assert_allclose(got["h"], hs, **CLOSE)
    for i, (node, gradient) in enumerate(zip(wrt, want, strict=True)):
        np.testing.assert_allclose(got[f"{i}"], gradient, **CLOSE, err_msg=node.name)


@pytest.mark.parametrize("kind", PAIRS)
def test_lengths_are_torchs_packed_sequences(kind):
    """Both ways, two layers, rows of other lengths: outputs and all gradients."""
    layer, peer = pair(kind, 2, bidirectional=True)
    lengths = np.array([4, T, 1])
    run, wrt, init = with_gradients(
        layer, lengths=tg.placeholder("lengths", ("batch",), "int64")
    )
    feeds = feeds_of(layer, init)
    got = run({**feeds, "lengths": lengths})
    hs, want = run_peer(peer, init, feeds, lengths)
    np.testing.assert_allclose(got["h"], hs, **CLOSE)
    for i, (node, gradient) in enumerate(zip(wrt, want, strict=True)):
        np.testing.assert_allclose(got[f"{i}"], gradient, **CLOSE, err_msg=node.name)


def test_linear():
    layer = Linear(I, H, rng=rng(), dtype="float64")
    x = tg.sequence("x", ("batch", I), "float64")
    y = layer(x)
    wrt = [x, *layer.parameters]
    loss = tg.sum_over_time(tg.sum(y * y))
    got = tg.compile({"y": y, **dict(zip("012", tg.grad(loss, wrt), strict=True))})
    xs = np.random.default_rng(0).normal(size=(T, B, I))
    out = got({"x": xs})
    peer_x, weight, bias = (
        tensor(a) for a in (xs, *(p.attrs["value"] for p in layer.parameters))
    )
    peer_y = torch.nn.functional.linear(peer_x, weight.T, bias)
    (peer_y**2).sum().backward()
    np.testing.assert_allclose(out["y"], peer_y.detach(), **CLOSE)
    for place, peer in zip("012", (peer_x, weight, bias), strict=True):
        np.testing.assert_allclose(out[place], peer.grad, **CLOSE)


def test_embedding_with_repeated_tokens():
    layer = Embedding(V, H, rng=rng(), dtype="float64")
    tokens = tg.sequence("tokens", ("batch",), "int32")
    y = layer(tokens)
    (gradient,) = tg.grad(tg.sum_over_time(tg.sum(y * y)), layer.parameters)
    fed = np.random.default_rng(0).integers(0, 4, (T, B)).astype("int32")
    out = tg.compile({"y": y, "gradient": gradient})({"tokens": fed})
    weight = tensor(layer.weight.attrs["value"])
    peer = torch.nn.functional.embedding(torch.tensor(fed), weight)
    (peer**2).sum().backward()
    np.testing.assert_allclose(out["y"], peer.detach(), **CLOSE)
    np.testing.assert_allclose(out["gradient"], weight.grad, **CLOSE)


class PeerModel(torch.nn.Module):
    """The language model in PyTorch, with our weights."""

    def __init__(self, model, num_layers):
        super().__init__()
        values = {p.name: p.attrs["value"] for p in model.parameters}
        self.embedding = torch.nn.Embedding.from_pretrained(
            torch.tensor(values["embedding.weight"]), freeze=False
        )
        self.recurrent = torch.nn.LSTM(H, H, num_layers).double()
        set_weights(self.recurrent, model.recurrent)
        self.output = torch.nn.Linear(H, V).double()
        with torch.no_grad():
            self.output.weight.copy_(torch.tensor(values["output.weight"].T))
            self.output.bias.copy_(torch.tensor(values["output.bias"]))

    def loss(self, tokens, targets, state):
        h, state = self.recurrent(self.embedding(torch.tensor(tokens)), state)
        logits = self.output(h).reshape(-1, V)
        labels = torch.tensor(targets).reshape(-1).long()
        return torch.nn.functional.cross_entropy(logits, labels), state

    def gradients(self):
        return [
            self.embedding.weight.grad.numpy(),
            *peer_gradients(self.recurrent),
            self.output.weight.grad.T.numpy(),
            self.output.bias.grad.numpy(),
        ]


@pytest.mark.parametrize("num_layers", [1, 2])
def test_language_model_by_truncated_bptt(num_layers):
    """Two chunks, the second from the first's detached state: loss and gradients."""
    from tinygraph_rnn.models.carried import Carried

    model = LanguageModel(
        V, hidden_size=H, num_layers=num_layers, rng=rng(), dtype="float64"
    )
    peer, peer_state = PeerModel(model, num_layers), None
    step = Carried(model.loss_graph(), gradients_of="loss", wrt=model.parameters)
    text = np.random.default_rng(0).integers(0, V, (2 * T + 1, B)).astype("int32")
    state = step.start({"tokens": text[:1], "targets": text[:1]})
    for begin in (0, T):
        tokens, targets = text[begin : begin + T], text[begin + 1 : begin + T + 1]
        out, state = step({"tokens": tokens, "targets": targets}, state)
        peer.zero_grad()
        loss, peer_state = peer.loss(tokens, targets, peer_state)
        loss.backward()
        peer_state = tuple(each.detach() for each in peer_state)
        np.testing.assert_allclose(out["loss"], loss.detach(), **CLOSE)
        want = peer.gradients()
        got = tg.gradients_in(out)
        for node, gradient in zip(model.parameters, want, strict=True):
            np.testing.assert_allclose(got[node.name], gradient, **CLOSE)
    np.testing.assert_allclose(state["state/lstm.0.c"][0], peer_state[1][0], **CLOSE)
