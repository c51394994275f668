"""Train a small character model from Python: what `tinygraph-rnn train` does inside.

The text is a thousand little sums in random order; some are held out. A few seconds
are enough to see the model learn how they go.
"""

import math
import random

from tinygraph_rnn import (
    Config,
    Evaluator,
    LanguageModel,
    Sampler,
    Streams,
    Trainer,
    Vocabulary,
    split,
)

SUMS = [f"{n}+1={n + 1}\n" for n in range(1000)]
TEXT = "".join(random.Random(0).sample(SUMS, len(SUMS)))


def main() -> None:
    """Train for 600 updates, evaluate on held-out text, and let the model write."""
    config = Config(hidden_size=64, seq_length=32, batch_size=16, updates=600)
    vocabulary = Vocabulary.of(TEXT)
    tokens, held_out = split(vocabulary.encode(TEXT), config.held_out)

    model = LanguageModel.of(config, len(vocabulary))
    trainer = Trainer(config, model, Streams(tokens, config.batch_size, 32))
    while trainer.done < config.updates:
        update = trainer.update()
        if trainer.done % 150 == 0:
            bits = update.loss / math.log(2)
            print(f"update {trainer.done}: {bits:.2f} bits per character")

    evaluator = Evaluator(model, trainer.parameters)
    streams = Streams.for_evaluation(held_out, config.batch_size, 32)
    print(f"held out: {evaluator.bits_per_character(streams):.2f} bits per character")

    sampler = Sampler(model, vocabulary, trainer.parameters)
    prompt = "10+1=11\n41+1="
    text = "".join(sampler.stream(50, prompt=prompt, temperature=0.3))
    print(f"it writes: {(prompt + text).split()}")


if __name__ == "__main__":
    main()
