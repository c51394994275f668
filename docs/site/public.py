"""The public names, and the pages of the reference that tell them."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

MODULES = {
    "testing": "tinygraph.testing",
    "rnn": "tinygraph_rnn",
    "tg": "tinygraph",
}
"""Package as users import it → its module; what is inside another stands first."""
PAGES = Path(__file__).parents[1] / "reference"
_BLOCK = re.compile(r"^```\{names\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def public_names() -> list[str]:
    """Return every public name, as users write it."""
    modules = {short: importlib.import_module(full) for short, full in MODULES.items()}
    return [f"{short}.{n}" for short, module in modules.items() for n in module.__all__]


def thing_of(name: str) -> Any:
    """Return what a name such as `tg.sequence` means."""
    short, _, rest = name.partition(".")
    return getattr(importlib.import_module(MODULES[short]), rest)


def is_public(kind: type) -> bool:
    """Return True for a class that has a public name."""
    modules = map(importlib.import_module, MODULES.values())
    return any(getattr(module, kind.__name__, None) is kind for module in modules)


def words_of(name: str) -> list[str]:
    """Return the lines below the assignment of a public value: its docstring.

    A value that was imported under another name is found by being the same object.

    Raises:
        LookupError: it has none.
    """
    from sphinx.pycode import ModuleAnalyzer

    package, _, own = name.partition(".")
    thing = thing_of(name)
    for full, module in sorted(sys.modules.items()):
        if full.startswith(MODULES[package]):
            same = [n for n, value in vars(module).items() if value is thing]
            if not same:
                continue
            found = ModuleAnalyzer.for_module(full).find_attr_docs()
            for each in (own, *same):
                if ("", each) in found:
                    return found["", each]
    raise LookupError(f"{name} has no words below its assignment")


def names_in(text: str) -> list[str]:
    """Return the names that a page of the reference tells, in order."""
    blocks = "\n".join(_BLOCK.findall(text))
    return blocks.split()
