"""What holds of every page: nothing overlaps, no line is in the way of another."""

import numpy as np

from tests.drawing.curves import along, sides
from tests.drawing.tracks import shared_stretches
from tinygraph.drawing.layout.labels import label_rect

ROUND = {"input", "state", "held", "initial", "output", "loss", "circle"}


def assert_sound(page):
    """Nothing overlaps, every key is there once, every line has its ends."""
    solid = [shape for shape in page.shapes if shape.role != "ellipsis"]
    rects = [shape.rect.grown(-0.5) for shape in solid]
    for i, j in np.argwhere(np.triu(overlaps(rects, rects), 1)):
        raise AssertionError((solid[i].key, solid[j].key))
    keys = [item.key for item in [*page.frames, *page.shapes, *page.lines]]
    assert len(set(keys)) == len(keys), keys
    shapes = {shape.key for shape in page.shapes}
    for line in page.lines:
        assert {line.tail, line.head} <= shapes, line.key
        assert len(line.points) % 3 == 1, line.key
    frames = [frame.rect for frame in page.frames]
    assert not np.triu(overlaps(frames, frames), 1).any()


def overlaps(some, others):
    """A matrix: True where the insides of two rectangles overlap."""
    a, b = sides(some)[:, None], sides(others)[None]
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    return (low < high).all(-1)


def assert_clear(page, margin=1.0):
    """No edge passes through a box that is not its own, a little within its outline."""
    boxes = [shape for shape in page.shapes if shape.role != "ellipsis"]
    places = sides(shape.rect for shape in boxes)
    keys = np.array([shape.key for shape in boxes])
    middle = (places[:, :2] + places[:, 2:]) / 2
    half = (places[:, 2:] - places[:, :2]) / 2 - margin
    is_round = np.array([shape.role in ROUND for shape in boxes])
    for line in page.lines:
        hull = np.asarray(line.points)
        low, high = hull.min(0) - 1, hull.max(0) + 1
        near = ((places[:, :2] < high) & (low < places[:, 2:])).all(1)
        near &= (keys != line.tail) & (keys != line.head)
        if not near.any():
            continue
        away = np.abs(along(line)[:, None] - middle[near]) / half[near]
        inside = np.where(is_round[near], (away**2).sum(-1), away.max(-1)) < 1
        assert not inside.any(), (line.key, *keys[near][inside.any(0)])


def assert_own_tracks(page):
    """No two lines with no end in common run together for more than 4 points."""
    together = shared_stretches(page)
    far = {pair: points for pair, points in together.items() if points > 4}
    assert not far, far


def assert_labels_beside_lines(page):
    """No label of a weight is on a line, on a box or on another label."""
    labelled = [line for line in page.lines if line.label]
    rects = [label_rect(line, line.label_point) for line in labelled]
    boxes = [shape.rect for shape in page.shapes]
    for i, j in np.argwhere(overlaps(rects, boxes)):
        raise AssertionError((labelled[i].key, page.shapes[j].key))
    for i, j in np.argwhere(np.triu(overlaps(rects, rects), 1)):
        raise AssertionError((labelled[i].key, labelled[j].key))
    low, high = np.split(sides(rects), 2, axis=1)
    for line in page.lines if labelled else ():
        points = along(line)[:, None]
        met = ((low < points) & (points < high)).all(-1).any(0)
        assert not met.any(), (line.key, [labelled[i].key for i in np.flatnonzero(met)])
