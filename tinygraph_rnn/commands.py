"""What each command of `tinygraph-rnn` does, given its parsed options."""

import argparse
from dataclasses import fields
from typing import Any

from threadpoolctl import threadpool_limits

import tinygraph as tg
from tinygraph_rnn.config import Config
from tinygraph_rnn.config_files import read_config
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.evaluate_command import evaluate
from tinygraph_rnn.experiment import Experiment
from tinygraph_rnn.files import writing
from tinygraph_rnn.folders import RunFolder
from tinygraph_rnn.inputs import named_corpus
from tinygraph_rnn.interrupts import stop_requests
from tinygraph_rnn.pictures import picture_graph, save_picture
from tinygraph_rnn.plotting import can_plot, plot_gradient_norms, plot_losses
from tinygraph_rnn.progress import Progress
from tinygraph_rnn.sample_command import TEMPERATURE, sample
from tinygraph_rnn.sampling import Sampler
from tinygraph_rnn.terminal import say, write

__all__ = ["draw", "evaluate", "sample", "train"]

Options = argparse.Namespace

STEPS_DRAWN = 3
SAMPLE_LENGTH = 300


def train(options: Options) -> int:
    """Train, or go on training; end with a sample and a full run folder."""
    settings = _settings(options)
    if options.resume is not None:
        folder = _resumed_folder(options)
        with folder.locked():
            _warn_unguarded(folder)
            return _train(options, _resumed(options, folder, settings))
    folder = RunFolder(options.output) if options.output else RunFolder.next()
    config = Config(**settings)
    with folder.created():
        _warn_unguarded(folder)
        corpus = named_corpus(options)
        return _train(options, Experiment.new(folder, config, corpus, options.epochs))


def _train(options: Options, experiment: Experiment) -> int:
    trainer, unit = experiment.trainer, experiment.vocabulary.unit
    say(
        f"{experiment.folder.path}: {experiment.length:,} {unit}s, "
        f"{len(experiment.vocabulary)} different; "
        f"{sum(a.size for a in trainer.parameters.values()):,} parameters; "
        f"{experiment.config.updates - trainer.done:,} updates to make"
    )
    progress = Progress(
        experiment.config.updates,
        done=trainer.done,
        characters=trainer.characters_per_update,
        unit={"character": "char"}.get(unit, unit),
    )
    with stop_requests() as stop, threadpool_limits(options.threads, "blas"):
        try:
            experiment.train(progress, stop)
        finally:
            progress.close()
    folder = experiment.folder.path
    if stop.signal is not None:
        say(
            f"stopped after {trainer.done} updates, all saved; go on with "
            f"`tinygraph-rnn train --resume {folder}`"
        )
        return 128 + stop.signal
    _finish(experiment)
    return 0


def _settings(options: Options) -> dict[str, Any]:
    settings = read_config(options.config) if options.config else {}
    given = {f.name: getattr(options, f.name) for f in fields(Config)}
    return settings | {
        name: value for name, value in given.items() if value is not None
    }


def _resumed_folder(options: Options) -> RunFolder:
    named = options.resume or options.output
    if options.output not in (None, named):
        raise ConfigError(
            f"--resume goes on in {named!r}, not in --output {options.output!r}: "
            "leave --output out"
        )
    return RunFolder(named) if named else RunFolder.latest()


def _resumed(
    options: Options, folder: RunFolder, settings: dict[str, Any]
) -> Experiment:
    return Experiment.resumed(
        folder, options.text, options.epochs, options.encoding, **settings
    )


def _warn_unguarded(folder: RunFolder) -> None:
    if folder.lock is not None and not folder.lock.holds:
        say(
            f"the file system of {str(folder.path)!r} has no locks: see to it that no "
            "other process trains there"
        )


def _finish(experiment: Experiment) -> None:
    """Print a sample; write the loss curve and the pictures."""
    trainer, folder = experiment.trainer, experiment.folder
    rows = experiment.metrics.rows
    write(_sampled(experiment), end="\n")
    if can_plot():
        with writing("loss curve", folder.loss_curve):
            plot_losses(rows, folder.loss_curve, experiment.vocabulary.unit)
        with writing("gradient norms", folder.gradient_norms):
            plot_gradient_norms(rows, folder.gradient_norms)
    else:
        say("no loss curve: matplotlib is not installed (pip install matplotlib)")
    graph = trainer.model.loss_graph()
    try:
        save_picture(graph, folder.folded)
        save_picture(graph, folder.unrolled, STEPS_DRAWN)
    except tg.DrawingError as problem:
        say(f"no pictures: {str(problem).splitlines()[0]}")
    unit, early = experiment.vocabulary.unit, ""
    if trainer.has_stalled:
        early = f", stopped early: {trainer.config.patience} looks brought no new best"
    say(
        f"held out: {rows[-1]['held_out']:.3f} bits per {unit} "
        f"(best {min(trainer.held_out):.3f}), after {trainer.done} updates in "
        f"{rows[-1]['seconds']:.0f} s{early}, {experiment.share_outside:.0%} of this "
        f"run's time outside the compiled graph; all in {folder.path}"
    )


def _sampled(experiment: Experiment) -> str:
    """Text that begins with the first word of the training text."""
    sampler = Sampler(
        experiment.trainer.model, experiment.vocabulary, experiment.trainer.parameters
    )
    prompt = next(iter(experiment.opening.split()), "")
    pieces = sampler.stream(
        SAMPLE_LENGTH,
        prompt=prompt,
        temperature=TEMPERATURE,
        seed=experiment.config.seed,
    )
    return prompt + "".join(pieces)


def draw(options: Options) -> int:
    """Write a picture of a cell or of the language model."""
    save_picture(picture_graph(options.cell), options.output, options.steps)
    say(f"wrote {options.output}")
    return 0
