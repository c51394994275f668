"""`tinygraph-rnn train`: a new run, or one that goes on."""

import argparse
from typing import Any

from threadpoolctl import threadpool_limits

from tinygraph_rnn.cli.exit_status import INCOMPLETE
from tinygraph_rnn.cli.inputs import named_corpus, take_run_options
from tinygraph_rnn.cli.run_results import finish
from tinygraph_rnn.cli.standard_input import STANDARD_INPUT, keep_input, same_input
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.config import SETTINGS, Config
from tinygraph_rnn.training.config_files import read_config
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.interrupts import stop_requests
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.terminal import announced, say
from tinygraph_rnn.training.warm_starts import WarmStart

__all__ = ["train"]

Options = argparse.Namespace

_PREPARING = "reading the text and preparing the model"


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
        more = options.epochs, options.backend, weights, options.memory
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
    return 0 if finish(experiment) else INCOMPLETE


def _settings(options: Options) -> dict[str, Any]:
    settings = read_config(options.config) if options.config else {}
    take_run_options(options, settings)
    given = {name: getattr(options, name) for name in SETTINGS}
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
        options.memory,
        **settings,
    )


def _warn_unguarded(folder: RunFolder) -> None:
    if folder.lock is not None and not folder.lock.holds:
        say(
            f"the file system of {str(folder.path)!r} has no locks: see to it that no "
            "other process trains there"
        )
