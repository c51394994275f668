"""A folder's README is its page: it lists the other pages of the folder beside it."""

import re
from pathlib import Path
from typing import Any

LIST = "\n\n```{{toctree}}\n:hidden:\n\n{}\n```\n"
_LINK = re.compile(r"\]\(([\w-]+)\.md\)")


def connect(app: Any) -> None:
    """Let every README be read with the list of its folder at its end."""
    app.connect("source-read", list_folder)


def list_folder(app: Any, name: str, source: list[str]) -> None:
    """Add the list to the text of a README, where there is anything to list."""
    path = Path(app.env.doc2path(name))
    if path.stem != "README":
        return
    if pages := pages_beside(path, source[0]):
        source[0] += LIST.format("\n".join(pages))


def pages_beside(path: Path, text: str) -> list[str]:
    """Return the other pages, first those that the text links to, in its order."""
    there = sorted(page.stem for page in path.parent.glob("*.md") if page != path)
    linked = [page for page in dict.fromkeys(_LINK.findall(text)) if page in there]
    return [*linked, *(page for page in there if page not in linked)]
