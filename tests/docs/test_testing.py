"""The page about the testing kit is up to date, and what it names is there."""

import re

from tests.docs.pages import DOCS, script
from tinygraph import testing

PAGE = DOCS / "testing.md"


def test_the_page_is_up_to_date():
    stale = script("printed").difference(PAGE)
    assert not stale, f"run python docs/printed.py --write\n{stale}"


def test_names_of_the_kit_that_the_page_mentions_exist():
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"[` ]testing\.(?!py)(\w+)", text)) | set(
        re.findall(r"`(check_\w+)", text)
    )
    assert {"check_cell", "check_op", "check_rewrite", "check_everything"} <= named
    assert named <= set(testing.__all__)


def test_the_first_example_has_ten_lines():
    first = PAGE.read_text("utf-8").split("```python\n")[1].split("```")[0]
    assert sum(line[:4] in (">>> ", "... ") for line in first.splitlines()) <= 10
