"""`tinygraph-rnn train`: a new run, or one that goes on."""

import argparse
import contextlib
import io
import signal
from typing import Any

from threadpoolctl import threadpool_limits

from tinygraph_rnn.cli.exit_status import INCOMPLETE
from tinygraph_rnn.cli.inputs import named_corpus, take_run_options
from tinygraph_rnn.cli.run_results import finish
from tinygraph_rnn.cli.shared_runs import begun, gone_on, taking_part
from tinygraph_rnn.cli.standard_input import STANDARD_INPUT, keep_input, same_input
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.config import SETTINGS, Config
from tinygraph_rnn.training.config_files import read_config
from tinygraph_rnn.training.distributed.group import Group
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.interrupts import stop_requests
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.terminal import announced, say
from tinygraph_rnn.training.warm_starts import WarmStart

__all__ = ["train"]

Options = argparse.Namespace


def train(options: Options) -> int:
    """Train, or go on training; end with a sample and a full run folder."""
    settings = _settings(options)
    _check_beginning(options)
    with taking_part(options) as group:
        if options.resume is not None:
            return _go_on(options, settings, group)
        return _begin(options, settings, group)


def _begin(options: Options, settings: dict[str, Any], group: Group) -> int:
    weights = _warm_start(options)
    config = Config(**settings) if weights is None else weights.config(settings)
    with begun(group, options.output) as folder:
        _warn_unguarded(folder)
        folder.check_unused()
        if options.text == STANDARD_INPUT:
            keep_input(folder.text)
            options.text = str(folder.text)
        plan = options.memory, group, options.devices
        more = options.epochs, options.backend, weights, *plan
        with _preparing(folder, group):
            made = Experiment.new(folder, config, named_corpus(options), *more)
        for note in weights.notes if weights is not None and group.is_first else ():
            say(note)
        return _train(options, made)


def _go_on(options: Options, settings: dict[str, Any], group: Group) -> int:
    with gone_on(group, lambda: _resumed_folder(options)) as folder:
        _warn_unguarded(folder)
        with _preparing(folder, group):
            made = _resumed(options, folder, settings, group)
        return _train(options, made)


def _preparing(
    folder: RunFolder, group: Group
) -> contextlib.AbstractContextManager[None]:
    if not group.is_first:
        return contextlib.nullcontext()
    return announced(f"{folder.path}: reading the text and preparing the model")


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
    group, trainer = experiment.group, experiment.trainer
    if group.is_first:
        _describe(experiment)
    progress = Progress(
        experiment.config.updates,
        done=trainer.done,
        characters=trainer.characters_per_update,
        unit={"character": "char"}.get(_unit(experiment), _unit(experiment)),
        looks=bool(experiment.config.held_out),
        stream=None if group.is_first else io.StringIO(),
    )
    with stop_requests() as stop, threadpool_limits(options.threads, "blas"):
        try:
            experiment.train(progress, stop)
        finally:
            progress.close()
    stopped = stop.signal if group.is_alone else trainer.is_asked_to_stop
    if stopped:
        if group.is_first:
            say(
                f"stopped after {trainer.done} updates, all saved; go on with "
                f"`tinygraph-rnn train --resume {experiment.folder.path}`"
            )
        return 128 + (stop.signal or signal.SIGTERM)
    return 0 if not group.is_first or finish(experiment) else INCOMPLETE


def _unit(experiment: Experiment) -> str:
    return experiment.vocabulary.unit


def _describe(experiment: Experiment) -> None:
    """Say what will be trained, and what in the settings is new or odd."""
    trainer, config, group = experiment.trainer, experiment.config, experiment.group
    many = f" by {group.processes} processes" if group.processes > 1 else ""
    say(
        f"{experiment.folder.path}: {experiment.length:,} {_unit(experiment)}s, "
        f"{len(experiment.vocabulary)} different; "
        f"{sum(a.size for a in trainer.parameters.values()):,} parameters; "
        f"{config.updates - trainer.done:,} updates to make{many}"
    )
    if config.warmup > config.updates:
        say(
            f"warning: warmup {config.warmup:,} is beyond the {config.updates:,} "
            "updates: the learning rate never reaches what is set"
        )
    for name, (old, new) in experiment.changes.items():
        say(f"changed after update {trainer.done}: {name} {old} to {new}")


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
    options: Options, folder: RunFolder, settings: dict[str, Any], group: Group
) -> Experiment:
    if options.text == STANDARD_INPUT:
        with same_input(folder.text):
            options.text = str(folder.text)
            return _resumed(options, folder, settings, group)
    return Experiment.resumed(
        folder,
        options.text,
        options.epochs,
        options.encoding,
        options.backend,
        options.memory,
        group,
        options.devices,
        **settings,
    )


def _warn_unguarded(folder: RunFolder) -> None:
    if folder.lock is not None and not folder.lock.holds:
        say(
            f"the file system of {str(folder.path)!r} has no locks: see to it that no "
            "other process trains there"
        )
