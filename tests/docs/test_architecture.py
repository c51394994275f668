"""The architecture page: what it prints is up to date, the glossary is in order."""

import importlib.util
import re
import traceback

import pytest

from tests.docs.pages import DOCS, ROOT, script

PAGE = (DOCS / "architecture.md").read_text("utf-8")
ROW = re.compile(r"^\| (.+?) \| (.+?) \| `([\w/]+)/` \|(.*)\|$", re.MULTILINE)
GLOSSARY = PAGE[PAGE.index("## Glossary") :]

printed = script("printed")


def test_the_page_is_up_to_date():
    stale = printed.difference(DOCS / "architecture.md")
    assert not stale, f"run python docs/printed.py --write\n{stale}"


def test_every_term_has_one_entry_in_alphabetical_order():
    terms = [found[1] for found in ROW.finditer(GLOSSARY)]
    lines = [line for line in GLOSSARY.splitlines() if line.startswith("| ")]
    assert len(terms) == len(lines) - 1, "a row without term, meaning and folder"
    assert len({term.casefold() for term in terms}) == len(terms) > 80
    assert terms == sorted(terms, key=str.casefold)


@pytest.mark.parametrize("folder", sorted({row[3] for row in ROW.finditer(GLOSSARY)}))
def test_folders_of_the_glossary_are_there(folder):
    assert (ROOT / "tinygraph" / folder / "__init__.py").is_file()


def paths_in(text):
    """Return the files that a text names by their path, but for those of blocks."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`", plain)))


@pytest.mark.parametrize("path", paths_in(PAGE))
def test_files_that_the_page_names_are_there(path):
    assert any((folder / path).is_file() for folder in (ROOT, ROOT / "tinygraph"))


def test_files_in_the_call_flows_are_there():
    flows = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    named = [each for flow in flows for each in re.findall(r"[\w/]+/\w+\.py", flow)]
    assert len(flows) == 2
    assert len(named) > 10
    for path in named:
        assert (ROOT / "tinygraph" / path).is_file(), path


EXAMPLE = """Text.

```python
>>> a = 2
>>> for i in range(2):
...     print(a + i)
stale

>>> a
```

```python
no example
```

```python absent_package
>>> 1 / 0
kept
```
"""


def test_what_examples_print_is_made_anew():
    anew = printed.made_anew(EXAMPLE, "page.py")
    assert anew == EXAMPLE.replace("stale\n", "2\n3\n").replace(">>> a\n", ">>> a\n2\n")
    assert printed.made_anew(anew, "page.py") == anew


def test_a_stale_page_is_told_and_written(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("```python\n>>> 1 + 1\n3\n```\n")
    assert printed.main(["--check", str(page)]) == 1
    assert "-3\n+2" in capsys.readouterr().out
    assert printed.main(["--write", str(page)]) == 0
    assert page.read_text() == "```python\n>>> 1 + 1\n2\n```\n"
    assert printed.main(["--check", str(page)]) == 0


def test_the_lines_of_a_page_are_one_file():
    page = "```python\n>>> x = 1\n>>> y = 1 / 0\n```\n"
    with pytest.raises(ZeroDivisionError) as caught:
        printed.made_anew(page, "page.py")
    where = traceback.extract_tb(caught.tb)[-1]
    assert (where.filename, where.lineno) == ("page.py", 2)


def test_blocks_of_a_missing_package_are_left_alone(monkeypatch):
    block = "```python llvmlite\n>>> 1 + 1\n3\n```\n"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert printed.made_anew(block, "page.py") == block
    monkeypatch.undo()
    assert printed.made_anew("```python json\n>>> 2\n```\n", "page.py").count("2") == 2
