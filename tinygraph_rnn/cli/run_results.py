"""What a finished run leaves: a sample, curves, pictures, and a line of results."""

from collections.abc import Callable

import tinygraph as tg
from tinygraph_rnn.cli.pictures import save_picture
from tinygraph_rnn.cli.plotting import can_plot, plot_gradient_norms, plot_losses
from tinygraph_rnn.cli.sample_command import TEMPERATURE
from tinygraph_rnn.errors import StorageError
from tinygraph_rnn.files import writing
from tinygraph_rnn.models.sampling import Sampler
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.terminal import say, write

__all__ = ["finish", "pictured"]

STEPS_DRAWN = 3
SAMPLE_LENGTH = 300


def finish(experiment: Experiment) -> bool:
    """Print a sample; write the loss curve and the pictures; say how it went.

    Returns:
        False where some of it, or of the metrics, could not be written.
    """
    whole = [
        not experiment.metrics.unwritten,
        _is_written(lambda: _print_sample(experiment)),
        *pictured(experiment),
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


def pictured(experiment: Experiment) -> list[bool]:
    """Write the curves, and pictures of the model; return which could be written."""
    return [*_plotted(experiment), *_drawn(experiment)]


def _is_written(write: Callable[[], None]) -> bool:
    """Whether `write` could write; else say why. A closed pipe counts as written."""
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
