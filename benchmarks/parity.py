"""Our training beside PyTorch's: equal weights, data and Adam settings, float32.

    python -m benchmarks.parity --text FILE --hidden-size 256 --num-layers 2

prints the largest difference of the two losses, in nats, over 300 updates.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from tinygraph_rnn import Config, LanguageModel, Streams, Trainer, Vocabulary, split
from tinygraph_rnn.data.corpus import Corpus


class Peer(torch.nn.Module):
    """The same language model in PyTorch, with our first weights."""

    def __init__(self, model: LanguageModel, config: Config) -> None:
        super().__init__()
        values = {p.name: torch.tensor(p.attrs["value"]) for p in model.parameters}
        vocabulary, size = values["embedding.weight"].shape
        self.embedding = torch.nn.Embedding(vocabulary, size)
        self.recurrent = torch.nn.LSTM(size, size, config.num_layers)
        self.output = torch.nn.Linear(size, vocabulary)
        with torch.no_grad():
            self.embedding.weight.copy_(values["embedding.weight"])
            self.output.weight.copy_(values["output.weight"].T)
            self.output.bias.copy_(values["output.bias"])
            for depth in range(config.num_layers):
                for theirs, ours in (("ih", "weight_x"), ("hh", "weight_h")):
                    weight = getattr(self.recurrent, f"weight_{theirs}_l{depth}")
                    weight.copy_(values[f"lstm.{depth}.{ours}"].T)
                bias = getattr(self.recurrent, f"bias_ih_l{depth}")
                bias.copy_(values[f"lstm.{depth}.bias"])
                spare = getattr(self.recurrent, f"bias_hh_l{depth}")
                spare.zero_()
                spare.requires_grad_(False)


def losses_of_torch(config: Config, trainer: Trainer) -> Iterator[float]:
    """Train the peer of a fresh trainer; yield the loss before each update."""
    peer, state = Peer(trainer.model, config), None
    adam = torch.optim.Adam([p for p in peer.parameters() if p.requires_grad])
    streams = trainer.streams
    for done in range(config.updates):
        index = done % streams.whole_chunks
        tokens, targets = (torch.tensor(a).long() for a in streams[index])
        h, state = peer.recurrent(peer.embedding(tokens), state if index else None)
        logits = peer.output(h)
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten()
        )
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(peer.parameters(), config.grad_clip)
        cosine = 0.5 * (1.0 + np.cos(np.pi * done / config.updates))
        adam.param_groups[0]["lr"] = config.learning_rate * cosine
        adam.step()
        state = tuple(each.detach() for each in state)
        yield loss.item()


def compared(config: Config, text: str) -> tuple[list[float], list[float]]:
    """Return our losses and PyTorch's."""
    vocabulary = Vocabulary.of(text)
    tokens, _ = split(vocabulary.encode(text), config.held_out)
    streams = Streams(tokens, config.batch_size, config.seq_length)
    trainer = Trainer(config, LanguageModel.of(config, len(vocabulary)), streams)
    theirs = list(losses_of_torch(config, trainer))
    return [trainer.update().loss for _ in range(config.updates)], theirs


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare on a text of the user's, at any size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", default=None)
    for name, default in (("hidden-size", 256), ("num-layers", 2), ("updates", 300)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = vars(parser.parse_args(arguments))
    corpus = Corpus(options.pop("text"))
    config = Config(learning_rate=2e-3, **options)
    torch.set_num_threads(1)
    ours, theirs = compared(config, "".join(corpus.pieces()))
    worst = np.abs(np.subtract(ours, theirs)).max()
    sys.stdout.write(
        f"{config.updates} updates: {ours[0]:.4f} -> {ours[-1]:.4f} nats, PyTorch "
        f"{theirs[-1]:.4f}; largest difference {worst:.2e}\n"
    )


if __name__ == "__main__":
    main()
