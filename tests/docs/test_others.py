"""What the page says of other packages is tried, with those that are installed."""

import importlib.util
import re

import pytest

from docs.others import FACTS
from tests.docs.pages import DOCS

PAGE = (DOCS / "others.md").read_text("utf-8")
TRIED = [(package, sentence) for package in FACTS for sentence in FACTS[package]]


def test_the_facts_of_the_page_are_those_that_are_tried():
    assert re.findall(r"^- (.*)$", PAGE, re.MULTILINE) == [each for _, each in TRIED]


def test_versions_are_told_of_all_that_is_tried():
    last = PAGE.partition("## Tried last with")[2]
    assert set(re.findall(r"(\w+) [\d.]+\d", last)) == set(FACTS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("package", "sentence"), TRIED)
def test_a_fact_holds(package, sentence):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package}")
    assert FACTS[package][sentence]()
