"""What is handed out: its name, what its metadata say, and nobody else's package."""

import configparser
import re
from pathlib import Path

import pytest

import tinygraph as tg

ROOT = Path(__file__).parents[1]
TEXTS = sorted(
    path
    for pattern in ("*.py", "*.md", "*.cfg", "*.toml", "*.txt", "run")
    for path in ROOT.rglob(pattern)
    if not {".git", ".venv", "build"}.intersection(path.relative_to(ROOT).parts)
)
OF_AN_INDEX = re.compile(r"""install\s+(-\S+\s+)*["']?tinygraph(?!\S*\.py\b)""")
"""Installs us by name: on the public index, `tinygraph` is another project."""


@pytest.fixture(scope="module")
def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.mark.parametrize(
    "line", ["pip install tinygraph", 'pip install "tinygraph[jit]"', "install -U {}"]
)
def test_the_search_finds_what_it_looks_for(line):
    assert OF_AN_INDEX.search(line.format("tinygraph-rnn"))


def test_nothing_installs_a_package_by_our_name():
    assert len(TEXTS) > 300
    own = Path(__file__)
    for path in TEXTS:
        if path != own:
            found = OF_AN_INDEX.search(path.read_text("utf-8"))
            assert not found, f"{path}: {found}"


def test_the_distribution_has_a_name_of_its_own(setup):
    assert setup["metadata"]["name"] == "tinygraph-rnn"
    assert "tinygraph-rnn" in setup["options.entry_points"]["console_scripts"]


def test_the_version_stands_in_one_place(setup):
    assert setup["metadata"]["version"] == "attr: tinygraph.__version__"
    written = f'"{tg.__version__}"'
    holders = [
        p for p in (ROOT / "tinygraph").rglob("*.py") if written in p.read_text()
    ]
    assert holders == [ROOT / "tinygraph/__init__.py"]


def test_an_index_can_show_the_description(setup):
    """It has no pictures of ours, and no file that a relative link could mean."""
    metadata = setup["metadata"]
    assert metadata["long_description_content_type"] == "text/plain"
    assert not re.search(r"\]\(|<img", metadata["long_description"])
    assert "url" not in metadata
    assert "project_urls" not in metadata
    for minor in (11, 12, 13, 14):
        line = f"Programming Language :: Python :: 3.{minor}"
        assert line in metadata["classifiers"].splitlines()


def test_files_that_shell_lines_name_are_there_or_made_before():
    """CI runs the lines themselves, in this order."""
    pages = "README.md", "docs/howto/command_line.md"
    text = "".join((ROOT / page).read_text("utf-8") for page in pages)
    blocks = re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) > 5
    made = []
    for line in lines:
        for name in re.findall(r"--(?:text|resume|config) (\S+)", line):
            assert name in made or (ROOT / name).exists(), line
        made += re.findall(r"(?:> |--output )(\S+)", line)
