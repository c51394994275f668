"""A block of public names in a page becomes their reference, from the docstrings.

In a page of the reference::

    ```{names}
    tg.sequence
    tg.placeholder
    ```
"""

import inspect
import re
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from docs.site.public import MODULES, is_public, thing_of, words_of

OUTSIDE = "Exception,tuple,dict,Mapping,Generic,Protocol,NamedTuple"
"""Bases whose members are Python's, not ours; those of public ones are told there."""
_SIGNS = re.compile(r"`([^`]+)`|[*|]|(?<=\w)_(?!\w)")
"""Code, and what would be more than itself in reStructuredText."""


class Names(SphinxDirective):
    """Describes each public name in its content, one a line."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return what autodoc makes of the names."""
        lines = ["```{eval-rst}"]
        for name in filter(None, self.content):
            lines += describing(name)
        source = self.get_source_info()[0]
        container = nodes.container()
        self.state.nested_parse(
            StringList([*lines, "```"], source), self.content_offset, container
        )
        return container.children


def describing(name: str) -> list[str]:
    """Return the lines that tell autodoc to describe a public name."""
    thing = thing_of(name)
    short, _, rest = name.partition(".")
    full = f"{MODULES[short]}.{rest}"
    if inspect.isroutine(thing):
        return [f".. autofunction:: {full}", ""]
    if not inspect.isclass(thing):
        told = _SIGNS.sub(escaped, "\n".join(words_of(name)))
        return [f".. py:data:: {full}", "", *(f"   {x}" for x in told.split("\n")), ""]
    lines = [f".. autoclass:: {full}"]
    if not issubclass(thing, Exception):
        public = [each.__name__ for each in thing.__mro__[1:] if is_public(each)]
        told = ",".join((OUTSIDE, *public))
        lines += ["   :members:", f"   :inherited-members: {told}"]
        lines += ["   :show-inheritance:"] if is_public(thing.__base__) else []
    return [*lines, ""]


def connect(app: Any) -> None:
    """Let pages have such blocks, and names be shown as users write them."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.config.napoleon_custom_sections = [("Attributes", "params_style")]
    app.add_directive("names", Names)
    app.connect("autodoc-process-docstring", as_rst, priority=400)
    app.connect("object-description-transform", shorten)
    app.connect("missing-reference", find_public)


def as_rst(
    app: Any, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Write a docstring's words as reStructuredText: code is code, signs are signs.

    Examples are left as they stand. What a property is may hold a colon, which would be
    taken for the end of a type on a first line.
    """
    pieces = re.split(r"(?m)^((?:[ ]*>>> .*\n(?:[ ]*\S.*\n?)*)+)", "\n".join(lines))
    pieces[::2] = [_SIGNS.sub(escaped, piece) for piece in pieces[::2]]
    blank = [""] if kind in ("attribute", "property") else []
    lines[:] = [*blank, *"".join(pieces).split("\n")]


def escaped(found: re.Match[str]) -> str:
    """Return code between double backticks, any other sign behind a backslash."""
    if not found[1]:
        return f"\\{found[0]}"
    ending = found.string[found.end() : found.end() + 1]
    return f"``{found[1]}``" + ("\\ " if ending.isalnum() else "")


def shorten(app: Any, domain: str, kind: str, content: addnodes.desc_content) -> None:
    """Show `tg.sequence` for `tinygraph.sequence`."""
    for prefix in content.parent.findall(addnodes.desc_addname):
        for short, full in MODULES.items():
            if prefix.astext() == f"{full}.":
                prefix.clear()
                prefix += nodes.Text(f"{short}.")


def find_public(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Let `tinygraph.core.nodes.Node` in a signature lead to `tinygraph.Node`."""
    target = node.get("reftarget", "")
    python = env.get_domain("py")
    for full in MODULES.values():
        name = f"{full}.{target.rpartition('.')[2]}"
        if target.startswith(tuple(MODULES.values())) and name in python.objects:
            return python.resolve_xref(
                env, node["refdoc"], app.builder, "obj", name, node, contnode
            )
    return None
