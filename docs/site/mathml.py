"""Formulas as MathML, which browsers show without a script: docutils translates."""

from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml


def connect(app: Any) -> None:
    """Let `html_math_renderer = "mathml"` mean this file."""
    app.add_html_math_renderer("mathml", (show_inline, None), (show_block, None))


def show_inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(translated(node.astext(), block=False))
    raise nodes.SkipNode


def show_block(writer: Any, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    target = f' id="{node["ids"][0]}"' if node["ids"] else ""
    formula = translated(node.astext(), block=True)
    writer.body.append(f'<div class="math"{target}>{formula}</div>\n')
    raise nodes.SkipNode


def translated(tex: str, block: bool) -> str:
    """Return TeX as MathML. Raises `docutils.utils.math.MathError` where it cannot."""
    return str(latex2mathml.tex2mathml(tex, as_block=block))
