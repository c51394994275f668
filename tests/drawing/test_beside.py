"""The pictures beside TorchLens: ours are those of this version."""

import re
import runpy
from pathlib import Path

import pytest

import tinygraph as tg

ROOT = Path(tg.__file__).parents[1]
PICTURES = ROOT / "docs/results/torchlens"


@pytest.mark.dot
def test_our_pictures_beside_torchlens_are_ours(tmp_path):
    script = runpy.run_path(str(ROOT / "docs/beside_torchlens.py"))
    script["draw_ours"](tmp_path)
    made = sorted(tmp_path.iterdir())
    assert len(made) == 6
    for path in made:
        ids = [
            set(re.findall(' id="([^"]*)"', one.read_text()))
            for one in (path, PICTURES / path.name)
        ]
        assert ids[0] == ids[1], path.name


def test_the_page_shows_every_picture():
    page = (ROOT / "docs/results/torchlens.md").read_text()
    shown = set(re.findall(r"\(torchlens/([^)]*)\)", page))
    assert shown == {path.name for path in PICTURES.iterdir()}
    assert len(shown) == 12
