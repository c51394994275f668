"""A picture in plain words: for people who cannot see it, and for `print`."""

from collections.abc import Mapping

from tinygraph.drawing.model.delay_loops import REPLICATE
from tinygraph.drawing.model.picture import Box, DelayLoop, Picture


def describe(picture: Picture, steps: Mapping[str, int] | None) -> str:
    """Return what a picture shows, line by line.

    Args:
        steps: T of each time axis of an unfolded picture; None for a folded one.
    """
    lines = [_headline(picture, steps)]
    for role, words in (("input", "Inputs"), ("parameter", "Parameters")):
        named = [
            _text(picture, box) for box in picture.boxes.values() if box.role == role
        ]
        if named:
            lines.append(f"{words}: {', '.join(named)}.")
    lines += [_delay(picture, loop) for loop in picture.loops]
    results = [
        _text(picture, box)
        for box in picture.boxes.values()
        if box.role in ("output", "loss")
    ]
    if results:
        lines.append(f"Results: {', '.join(results)}.")
    lines += _wires(picture)
    for path in picture.paths:
        named = [_text(picture, picture.boxes[key]) for key in path.boxes]
        lines.append(f"Highlighted: {', '.join(named)}.")
    return "\n".join(lines)


def title(picture: Picture, steps: Mapping[str, int] | None) -> str:
    """Return the picture's name for screen readers and file viewers."""
    return _headline(picture, steps).removesuffix(".")


def _headline(picture: Picture, steps: Mapping[str, int] | None) -> str:
    what = "Computation graph" if not picture.axes else "Recurrent graph"
    if picture.title:
        what = picture.title
    boxes, loops = len(picture.boxes), len(picture.loops)
    shape = ""
    if picture.axes and steps is None:
        shape = ", folded"
    elif steps and picture.axes:
        each = (
            f"{steps[axis]} step{'s' * (steps[axis] != 1)}" for axis in picture.axes
        )
        shape = f", unfolded over {' and '.join(each)}"
    return (
        f"{what}{shape}: {boxes} box{'es' * (boxes != 1)} and "
        f"{loops} delay{'s' * (loops != 1)}."
    )


def _text(picture: Picture, box: Box) -> str:
    return box.label.at(picture.now(box)).replace("\n", " ")


def _delay(picture: Picture, loop: DelayLoop) -> str:
    tail, head = picture.boxes[loop.tail], picture.boxes[loop.head]
    count = abs(loop.steps)
    when = "later" if loop.steps > 0 else "earlier"
    line = (
        f"Delay {loop.name}: {_text(picture, tail)} goes to {_text(picture, head)} "
        f"{count} step{'s' * (count > 1)} {when}"
    )
    first = "before the first step" if loop.steps > 0 else "after the last step"
    if loop.initial_values and loop.initial_values[0] == REPLICATE:
        return f"{line}; {first} it is the nearest value."
    if loop.initial_values:
        return f"{line}; {first} it is {', '.join(dict.fromkeys(loop.initial_values))}."
    return f"{line}."


def _wires(picture: Picture) -> list[str]:
    """Return for each box a line that says where its wires go."""
    texts = {key: _text(picture, box) for key, box in picture.boxes.items()}
    heads: dict[str, list[str]] = {}
    for wire in picture.wires:
        heads.setdefault(wire.tail, []).append(texts[wire.head])
    return [
        f"{text} goes to {', '.join(heads[key])}."
        for key, text in texts.items()
        if key in heads
    ]
