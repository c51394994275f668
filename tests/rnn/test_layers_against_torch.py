"""Every layer equals PyTorch's in float64: outputs, and gradients of everything."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import LSTM, RNN, Embedding, LanguageModel, Linear

torch = pytest.importorskip("torch")

T, B, I, H, V = 6, 3, 4, 5, 11
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def rng():
    return np.random.default_rng(3)


def tensor(array):
    return torch.tensor(np.array(array), requires_grad=True)


def set_weights(peer, layer):
    """Copy a stack's weights into torch's, whose second bias stays zero."""
    with torch.no_grad():
        for depth, w in enumerate(layer.layers):
            values = [node.attrs["value"] for node in w]
            getattr(peer, f"weight_ih_l{depth}").copy_(torch.tensor(values[0].T))
            getattr(peer, f"weight_hh_l{depth}").copy_(torch.tensor(values[1].T))
            getattr(peer, f"bias_ih_l{depth}").copy_(torch.tensor(values[2]))
            getattr(peer, f"bias_hh_l{depth}").zero_()


def peer_gradients(peer, num_layers):
    """Return torch's gradients in the order and layout of `layer.parameters`."""
    found = []
    for depth in range(num_layers):
        found += [
            getattr(peer, f"weight_ih_l{depth}").grad.T,
            getattr(peer, f"weight_hh_l{depth}").grad.T,
            getattr(peer, f"bias_ih_l{depth}").grad,
        ]
    return [each.numpy() for each in found]


@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("kind", ["lstm", "tanh", "relu"])
def test_recurrent_layers(kind, num_layers):
    if kind == "lstm":
        layer = LSTM(I, H, num_layers, rng=rng(), dtype="float64")
        peer = torch.nn.LSTM(I, H, num_layers).double()
    else:
        layer = RNN(I, H, num_layers, nonlinearity=kind, rng=rng(), dtype="float64")
        peer = torch.nn.RNN(I, H, num_layers, nonlinearity=kind).double()
    set_weights(peer, layer)
    x = tg.sequence("x", ("batch", I), "float64")
    ct = tg.sequence("ct", ("batch", H), "float64")
    names = layer.state_names
    init = [
        [tg.placeholder(f"{s}{d}", ("batch", H), "float64") for s in names]
        for d in range(num_layers)
    ]
    h = layer(x, init)
    flat = [node for states in init for node in states]
    wrt = [x, *layer.parameters, *flat]
    gradients = tg.grad(tg.sum_over_time(tg.sum(h * ct)), wrt)
    draw = np.random.default_rng(0).normal
    feeds = {"x": draw(size=(T, B, I)), "ct": draw(size=(T, B, H))}
    feeds |= {node.name: draw(size=(B, H)) for node in flat}
    graph = tg.Graph({"h": h, **{f"{i}": g for i, g in enumerate(gradients)}})
    got = tg.compile(graph)(feeds)

    xs = tensor(feeds["x"])
    states = [
        tensor(np.stack([feeds[pair[place].name] for pair in init]))
        for place in range(len(names))
    ]
    hs = peer(xs, tuple(states) if kind == "lstm" else states[0])[0]
    (hs * torch.tensor(feeds["ct"])).sum().backward()
    np.testing.assert_allclose(got["h"], hs.detach(), **CLOSE)
    want = [xs.grad, *peer_gradients(peer, num_layers)]
    want += [state.grad[d] for d in range(num_layers) for state in states]
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

    def gradients(self, num_layers):
        return [
            self.embedding.weight.grad.numpy(),
            *peer_gradients(self.recurrent, num_layers),
            self.output.weight.grad.T.numpy(),
            self.output.bias.grad.numpy(),
        ]


@pytest.mark.parametrize("num_layers", [1, 2])
def test_language_model_by_truncated_bptt(num_layers):
    """Two chunks, the second from the first's detached state: loss and gradients."""
    from tinygraph_rnn.carrying import Carried, gradients_in

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
        want = peer.gradients(num_layers)
        got = gradients_in(out)
        for node, gradient in zip(model.parameters, want, strict=True):
            np.testing.assert_allclose(got[node.name], gradient, **CLOSE)
    np.testing.assert_allclose(state["state/lstm.0.c"][0], peer_state[1][0], **CLOSE)
