"""Graphviz as pygraphviz carries it, behind the command line of `dot`.

Run as a program of its own: reads DOT from stdin, draws each graph in the format
given as `-Tsvg`, and writes the pictures to stdout one after the other.
"""

import re
import sys

_BETWEEN = re.compile(r"(?<=\n}\n)(?=digraph )")


def main() -> int:
    """Draw what stdin says; returns 1 with the reason on stderr where it cannot."""
    try:
        import pygraphviz
    except (ImportError, OSError) as problem:
        sys.stderr.write(f"pygraphviz cannot be imported: {problem}\n")
        return 1
    form = sys.argv[-1].removeprefix("-T")
    for text in _BETWEEN.split(sys.stdin.buffer.read().decode()):
        graph = pygraphviz.AGraph(string=text)
        program = "nop2" if 'layout="nop2"' in text else "dot"
        sys.stdout.buffer.write(graph.draw(format=form, prog=program))
    return 0


if __name__ == "__main__":
    sys.exit(main())
