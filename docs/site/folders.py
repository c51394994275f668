"""A folder's README is its page: it lists the other pages of the folder beside it."""

from pathlib import Path
from typing import Any

LIST = "\n\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"


def connect(app: Any) -> None:
    """Let every README be read with the list of its folder at its end."""
    app.connect("source-read", list_folder)


def list_folder(app: Any, name: str, source: list[str]) -> None:
    """Add the list to the text of a README, where there is anything to list."""
    path = Path(app.env.doc2path(name))
    if path.stem == "README" and any(path.parent.glob("[!R]*.md")):
        source[0] += LIST
