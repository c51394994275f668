"""The page that reads the minimal engine names every file once, and its code runs."""

import re

from tests.docs.pages import DOCS, ROOT, script

PAGE = DOCS / "core.md"
NAMED = re.findall(r"^\*\*`([\w/]+\.py)`\*\*", PAGE.read_text("utf-8"), re.MULTILINE)
FOLDERS = ("core", "ops", "semantics")


def test_the_page_is_up_to_date():
    stale = script("printed").difference(PAGE)
    assert not stale, f"run python docs/printed.py --write\n{stale}"


def test_every_file_of_the_minimal_engine_is_named_once():
    engine = ROOT / "tinygraph"
    paths = (path for folder in FOLDERS for path in (engine / folder).rglob("*.py"))
    there = {path.relative_to(engine).as_posix() for path in paths}
    assert len(NAMED) == len(set(NAMED)), "a file is named twice"
    assert set(NAMED) - there == set(), "no such file"
    assert there - set(NAMED) == set(), "not named in docs/core.md"


def test_files_are_told_under_their_folder():
    sections = re.split(r"^## `(\w+)/`.*$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    told = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert tuple(told) == FOLDERS
    for folder, text in told.items():
        named = re.findall(r"^\*\*`(\w+)/", text, re.MULTILINE)
        assert set(named) == {folder}
