"""What each command of `tinygraph-rnn` does, given its parsed options."""

import argparse
import sys
from dataclasses import fields

from threadpoolctl import threadpool_limits

import tinygraph as tg
from tinygraph_rnn.config import Config
from tinygraph_rnn.data import Streams, split
from tinygraph_rnn.evaluation import Evaluator
from tinygraph_rnn.experiment import Experiment
from tinygraph_rnn.files import writing
from tinygraph_rnn.folders import RunFolder
from tinygraph_rnn.interrupts import stop_requests
from tinygraph_rnn.pictures import picture_graph, save_picture
from tinygraph_rnn.plotting import can_plot, plot_losses
from tinygraph_rnn.progress import Progress
from tinygraph_rnn.sampling import Sampler
from tinygraph_rnn.saved import SavedModel
from tinygraph_rnn.texts import Corpus

__all__ = ["draw", "evaluate", "sample", "train"]

Options = argparse.Namespace

STEPS_DRAWN = 3
SAMPLE_LENGTH = 300
TEMPERATURE = 0.7
"""Below 1, where a model trained for minutes makes fewer mistakes than it learnt."""


def train(options: Options) -> int:
    """Train, or go on training; end with a sample and a full run folder."""
    experiment = _experiment(options)
    trainer = experiment.trainer
    _say(
        f"{experiment.folder.path}: {len(experiment.corpus.text):,} characters, "
        f"{len(experiment.vocabulary)} different; "
        f"{sum(a.size for a in trainer.parameters.values()):,} parameters; "
        f"{experiment.config.updates - trainer.done:,} updates to make"
    )
    progress = Progress(
        experiment.config.updates,
        done=trainer.done,
        characters=trainer.characters_per_update,
    )
    with stop_requests() as stop, threadpool_limits(options.threads, "blas"):
        try:
            experiment.train(progress, stop)
        finally:
            progress.close()
    folder = experiment.folder.path
    if stop.signal is not None:
        _say(
            f"stopped after {trainer.done} updates, all saved; go on with "
            f"`tinygraph-rnn train --resume {folder}`"
        )
        return 128 + stop.signal
    _finish(experiment)
    return 0


def _experiment(options: Options) -> Experiment:
    if options.resume is None:
        folder = RunFolder(options.output) if options.output else RunFolder.next()
        given = {f.name: getattr(options, f.name) for f in fields(Config)}
        config = Config(**{k: v for k, v in given.items() if v is not None})
        return Experiment.new(folder, config, Corpus(options.text), options.epochs)
    named = options.resume or options.output
    folder = RunFolder(named) if named else RunFolder.latest()
    return Experiment.resumed(folder, options.text, options.updates)


def _finish(experiment: Experiment) -> None:
    """Print a sample; write the loss curve and the pictures."""
    trainer, folder = experiment.trainer, experiment.folder
    rows = experiment.metrics.rows
    print(_sampled(experiment))
    if can_plot():
        with writing("loss curve", folder.loss_curve):
            plot_losses(rows, folder.loss_curve)
    else:
        _say("no loss curve: matplotlib is not installed (pip install tinygraph[plot])")
    graph = trainer.model.loss_graph()
    try:
        save_picture(graph, folder.folded)
        save_picture(graph, folder.unrolled, STEPS_DRAWN)
    except tg.DrawingError as problem:
        _say(f"no pictures: {str(problem).splitlines()[0]}")
    _say(
        f"held out: {rows[-1]['held_out']:.3f} bits per character, after "
        f"{trainer.done} updates in {rows[-1]['seconds']:.0f} s; all in {folder.path}"
    )


def _sampled(experiment: Experiment) -> str:
    """Text that begins with the first word of the training text."""
    sampler = Sampler(
        experiment.trainer.model, experiment.vocabulary, experiment.trainer.parameters
    )
    opening = experiment.corpus.text[:40].split()
    prompt = opening[0] if opening else ""
    pieces = sampler.stream(
        SAMPLE_LENGTH,
        prompt=prompt,
        temperature=TEMPERATURE,
        seed=experiment.config.seed,
    )
    return prompt + "".join(pieces)


def sample(options: Options) -> int:
    """Print text that the model makes up, as it makes it up."""
    saved = SavedModel(_folder(options).checkpoint)
    pieces = Sampler(saved.model, saved.vocabulary, saved.parameters).stream(
        options.length,
        prompt=options.prompt,
        temperature=options.temperature,
        seed=options.seed,
    )
    print(options.prompt, end="", flush=True)
    for piece in pieces:
        print(piece, end="", flush=True)
    print()
    return 0


def evaluate(options: Options) -> int:
    """Print bits per character on the held-out text, or on a whole file."""
    saved = SavedModel(_folder(options).checkpoint)
    config = saved.config
    if options.text is None:
        corpus = Corpus.from_facts(saved.text_facts)
        tokens = split(saved.vocabulary.encode(corpus.text), config.held_out)[1]
    else:
        tokens = saved.vocabulary.encode(Corpus(options.text).text)
    streams = Streams.for_evaluation(tokens, config.batch_size, config.seq_length)
    bits = Evaluator(saved.model, saved.parameters).bits_per_character(streams)
    print(f"{bits:.4f} bits per character over {len(tokens):,} characters")
    return 0


def draw(options: Options) -> int:
    """Write a picture of a cell or of the language model."""
    save_picture(picture_graph(options.cell), options.output, options.steps)
    _say(f"wrote {options.output}")
    return 0


def _folder(options: Options) -> RunFolder:
    return RunFolder.latest() if options.run is None else RunFolder(options.run)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
