"""What each command of `tinygraph-rnn` does, given its parsed options."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from threadpoolctl import threadpool_limits

import tinygraph as tg
from tinygraph_rnn.cli.evaluate_command import evaluate
from tinygraph_rnn.cli.inputs import named_corpus, take_run_options
from tinygraph_rnn.cli.pictures import picture_graph, save_picture
from tinygraph_rnn.cli.plotting import can_plot, plot_gradient_norms, plot_losses
from tinygraph_rnn.cli.sample_command import TEMPERATURE, sample
from tinygraph_rnn.cli.standard_input import STANDARD_INPUT, keep_input, same_input
from tinygraph_rnn.errors import ConfigError, StorageError
from tinygraph_rnn.files import writing
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.models.sampling import Sampler
from tinygraph_rnn.training.config_files import read_config
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.interrupts import stop_requests
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.terminal import announced, say, write
from tinygraph_rnn.training.warm_starts import WarmStart

__all__ = ["draw", "evaluate", "sample", "train"]

Options = argparse.Namespace

INCOMPLETE = 3
"""Status where all is done and saved, but something beside it could not be written."""

_PREPARING = "reading the text and preparing the model"

STEPS_DRAWN, MOST_STEPS_DRAWN = 3, 1000
SAMPLE_LENGTH = 300


def train(options: Options) -> int:
    """Train, or go on training; end with a sample and a full run folder."""
    settings = _settings(options)
    _check_beginning(options)
    if options.resume is not None:
        folder = _resumed_folder(options)
        with folder.locked():
            _warn_unguarded(folder)
            with announced(f"{folder.path}: {_PREPARING}"):
                made = _resumed(options, folder, settings)
            return _train(options, made)
    folder = RunFolder(options.output) if options.output else RunFolder.next()
    weights = _warm_start(options)
    config = Config(**settings) if weights is None else weights.config(settings)
    with folder.created():
        _warn_unguarded(folder)
        folder.check_unused()
        if options.text == STANDARD_INPUT:
            keep_input(folder.text)
            options.text = str(folder.text)
        more = options.epochs, options.backend, weights
        with announced(f"{folder.path}: {_PREPARING}"):
            made = Experiment.new(folder, config, named_corpus(options), *more)
        for note in weights.notes if weights is not None else ():
            say(note)
        return _train(options, made)


def _warm_start(options: Options) -> WarmStart | None:
    if options.init_from is None:
        return None
    return WarmStart(options.init_from, extend_vocabulary=options.extend_vocabulary)


def _check_beginning(options: Options) -> None:
    if options.resume is not None and options.init_from is not None:
        raise ConfigError(
            "--init-from begins a new run with trained weights, --resume goes on with "
            "one: give only one of them"
        )
    if options.extend_vocabulary and options.init_from is None:
        raise ConfigError("--extend-vocabulary is that of --init-from: give both")


def _train(options: Options, experiment: Experiment) -> int:
    trainer, unit = experiment.trainer, experiment.vocabulary.unit
    say(
        f"{experiment.folder.path}: {experiment.length:,} {unit}s, "
        f"{len(experiment.vocabulary)} different; "
        f"{sum(a.size for a in trainer.parameters.values()):,} parameters; "
        f"{experiment.config.updates - trainer.done:,} updates to make"
    )
    config = experiment.config
    if config.warmup > config.updates:
        say(
            f"warning: warmup {config.warmup:,} is beyond the {config.updates:,} "
            "updates: the learning rate never reaches what is set"
        )
    for name, (old, new) in experiment.changes.items():
        say(f"changed after update {trainer.done}: {name} {old} to {new}")
    progress = Progress(
        experiment.config.updates,
        done=trainer.done,
        characters=trainer.characters_per_update,
        unit={"character": "char"}.get(unit, unit),
        looks=bool(config.held_out),
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
    return 0 if _finish(experiment) else INCOMPLETE


def _settings(options: Options) -> dict[str, Any]:
    settings = read_config(options.config) if options.config else {}
    take_run_options(options, settings)
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
    if options.text == STANDARD_INPUT:
        with same_input(folder.text):
            options.text = str(folder.text)
            return _resumed(options, folder, settings)
    return Experiment.resumed(
        folder,
        options.text,
        options.epochs,
        options.encoding,
        options.backend,
        **settings,
    )


def _warn_unguarded(folder: RunFolder) -> None:
    if folder.lock is not None and not folder.lock.holds:
        say(
            f"the file system of {str(folder.path)!r} has no locks: see to it that no "
            "other process trains there"
        )


def _finish(experiment: Experiment) -> bool:
    """Print a sample; write the loss curve and the pictures; say how it went.

    Returns:
        False where some of it, or of the metrics, could not be written.
    """
    whole = [
        not experiment.metrics.unwritten,
        _is_written(lambda: _print_sample(experiment)),
        *_plotted(experiment),
        *_drawn(experiment),
    ]
    trainer, rows = experiment.trainer, experiment.metrics.rows
    unit, early = experiment.vocabulary.unit, ""
    if trainer.has_stalled:
        early = f", stopped early: {trainer.config.patience} looks brought no new best"
    bits = "nothing held out"
    if trainer.held_out:
        bits = f"held out: {trainer.held_out[-1]:.3f} bits per {unit} "
        bits += f"(best {min(trainer.held_out):.3f})"
    say(
        f"{bits}, after {trainer.done} updates in "
        f"{rows[-1]['seconds']:.0f} s{early}, {experiment.share_outside:.0%} of this "
        f"run's time outside the compiled graph; all in {experiment.folder.path}"
    )
    return all(whole)


def _is_written(write: Callable[[], None]) -> bool:
    """Whether `write` could write; if not, why is said. A reader may leave early."""
    try:
        write()
    except BrokenPipeError:
        return True
    except StorageError as problem:
        say(str(problem))
        return False
    return True


def _print_sample(experiment: Experiment) -> None:
    write(_sampled(experiment), end="\n")


def _plotted(experiment: Experiment) -> list[bool]:
    """Write the curves; return which could be written."""
    if not can_plot():
        say("no loss curve: matplotlib is not installed (pip install matplotlib)")
        return []
    folder, rows = experiment.folder, experiment.metrics.rows

    def losses() -> None:
        with writing("loss curve", folder.loss_curve):
            plot_losses(rows, folder.loss_curve, experiment.vocabulary.unit)

    def norms() -> None:
        with writing("gradient norms", folder.gradient_norms):
            plot_gradient_norms(rows, folder.gradient_norms)

    return [_is_written(losses), _is_written(norms)]


def _drawn(experiment: Experiment) -> list[bool]:
    """Draw the model; return which pictures could be written."""
    graph, folder = experiment.trainer.model.loss_graph(), experiment.folder
    written = []
    for path, steps in ((folder.folded, None), (folder.unrolled, STEPS_DRAWN)):
        try:
            save_picture(graph, path, steps)
        except tg.DrawingError as problem:
            say(f"no pictures: {str(problem).splitlines()[0]}")
            if not isinstance(problem.__cause__, OSError):
                break
            written.append(False)
    return written


def _sampled(experiment: Experiment) -> str:
    """Text that begins with the first word of the training text."""
    trainer = experiment.trainer
    sampler = Sampler(
        trainer.model, experiment.vocabulary, trainer.parameters, experiment.backend
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
    if options.steps is not None and options.steps > MOST_STEPS_DRAWN:
        raise ConfigError(
            f"--steps must be at most {MOST_STEPS_DRAWN}, not {options.steps}: nobody "
            "can look at a longer picture"
        )
    save_picture(picture_graph(options.cell), options.output, options.steps)
    say(f"wrote {options.output}")
    return 0
