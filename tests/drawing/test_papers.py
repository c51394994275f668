"""For papers and screens: TikZ, mathematics, fonts, dots per inch, themes."""

import re
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.seeing import contrast
from tinygraph.drawing.layout.themes import DARK_PAPER, dark_of, darkened
from tinygraph.drawing.model.maths import mathematical, tex
from tinygraph.drawing.model.styles import BOX_STYLES, DELAYS, EDGE, NODE
from tinygraph.drawing.output.hatching import hatched


def scaled():
    """h = tanh(α h₋₁ + W₁ x), under names spelt out in letters."""
    x = tg.sequence("x", (4,))
    before = tg.delay("h_prev", shape=(4,))
    alpha, W = models.weight("alpha", 4), models.weight("W_1", 4)
    h = tg.tanh(before * alpha + x * W).named("h")
    before.close(h)
    return tg.Graph({"y_hat": h * 2})


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *(("alpha", "α"), ("Omega", "Ω"), ("y_hat", "ŷ"), ("W_1", "W₁"), ("h2", "h₂")),
        *(("lambda_bar", "λ̄"), ("h", "h"), ("tokens", "tokens"), ("lstm.0.bias",) * 2),
        *(("total_hat", "total_hat"), ("", ""), ("x_t", "x_t"), ("😀", "😀")),
    ],
)
def test_names_as_mathematics(name, wanted):
    assert mathematical(name) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *(("hₜ₋₁", "$h_{t-1}$"), ("ŷ₃", r"$\hat{y}_{3}$"), ("σ", r"$\sigma$")),
        *(("Linear", "Linear"), ("tokensₜ", "tokens$_{t}$"), ("×", r"$\times$")),
        *(("50% & a_b", r"50\% \& a\_b"), ("{x}", r"\{x\}"), ("10⁻⁴", "10$^{-4}$")),
        *(("gate fₜ\nσ", r"gate $f_{t}$\\$\sigma$"), ("h₋₁ = 0", "$h_{-1}$ = 0")),
        *(("\\", r"\textbackslash{}"), ("", ""), ("1 −", "1 $-$"), ("α", r"$\alpha$")),
        *(("h⁽²⁾ₜ", "$h^{(2)}_{t}$"), ("Wᶠ", "$W^{f}$"), ("ñₜ", r"$\tilde{n}_{t}$")),
        *(("→hₜ", r"$\overrightarrow{h}_{t}$"), ("→", r"$\to$")),
        *(("U, V", "$U$, $V$"), ("LN(W x)", "LN($W$ $x$)")),
        ("←h⁽¹⁰⁾ₜ₊₁", r"$\overleftarrow{h}^{(10)}_{t+1}$"),
        *(("<b>", r"\textless{}b\textgreater{}"), ("μ̄ₜ₊₁", r"$\bar{\mu}_{t+1}$")),
    ],
)
def test_labels_as_tex(text, wanted):
    assert tex(text) == wanted


@pytest.mark.dot
def test_mathematics_on_the_page():
    drawing = tg.draw(scaled(), math=True)
    texts = {shape.text for shape in drawing.page.shapes}
    assert {"α", "W₁", "ŷₜ", "hₜ"} <= texts
    root = ElementTree.fromstring(drawing.svg())
    styles = {
        e.text: e.get("font-style") for e in root.iter() if e.tag.endswith("text")
    }
    assert styles["α"] == styles["ŷₜ"] == "italic"
    assert styles["tanh"] is None
    assert 'texlbl="$\\\\hat{y}_{t}$"' in drawing.dot
    plain = {shape.text for shape in tg.draw(scaled()).page.shapes}
    assert {"alpha", "W_1", "y_hatₜ"} <= plain
    words = tg.draw(scaled(), math=True, parameters="label").picture.wires
    assert "W₁" in {wire.label for wire in words}


@pytest.mark.dot
def test_weights_beside_edges_are_variables_too():
    options = {"collapse": "variables", "math": True}
    drawing = tg.draw(models.rnn(), **options)
    root = ElementTree.fromstring(drawing.svg())
    styles = {
        e.text: e.get("font-style") for e in root.iter() if e.tag.endswith("text")
    }
    assert styles["V"] == styles["U"] == styles["W"] == "italic"
    for weight in "UVW":
        assert f'texlbl="${weight}$"' in drawing.dot


@pytest.mark.dot
def test_fonts():
    svg = tg.draw(models.rnn(), font="DejaVu Serif").svg()
    assert set(re.findall('font-family="([^"]*)"', svg)) == {"DejaVu Serif"}


@pytest.mark.dot
def test_dots_per_inch(tmp_path):
    def width(**options):
        tg.draw(models.rnn()).save(tmp_path / "rnn.png", **options)
        return struct.unpack(">I", (tmp_path / "rnn.png").read_bytes()[16:20])[0]

    assert width(dpi=300) == pytest.approx(width() * 300 / 200, rel=0.02)
    points = tg.draw(models.rnn()).page.extent.grown(0.3 * 72 + 0.5).width
    assert width() == pytest.approx(points * 200 / 72, rel=0.02)


@pytest.mark.dot
@pytest.mark.parametrize("steps", [None, 3])
def test_tikz_holds_every_box_and_line(tmp_path, steps):
    path = tmp_path / "lstm.tex"
    drawing = tg.draw(models.lstm(), steps=steps, gradients={"h": [1.0] * (steps or 1)})
    drawing.save(path)
    text, page = path.read_text(), hatched(drawing.page)
    assert text.count("\\node") == len(page.shapes)
    assert text.count("\\draw") == len(page.lines) + len(page.frames)
    assert ("$h_{t}$" if steps is None else "$h_{2}$") in text
    assert text.count("{") == text.count("}")


@pytest.mark.dot
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex and TikZ")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_latex_draws_the_tikz(tmp_path, theme):
    model = models.language_model()
    marked = {"styles": {"h": "orange"}, "highlight": [("x", "L")], "legend": True}
    shown = {"values": {"h": [0.0, 2.0]}, "squares": "z", "shapes": "box"}
    options = {"theme": theme, "math": True, **marked, **shown}
    drawing = tg.draw(model, steps=2, expand="RNN cell", **options)
    drawing.save(tmp_path / "model.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "model.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-800:]
    assert "(1 page" in done.stdout


@pytest.mark.dot
def test_dot2tex_honours_our_labels():
    dot2tex = pytest.importorskip("dot2tex", reason="needs the package dot2tex")
    text = dot2tex.dot2tex(tg.draw(models.rnn()).dot, format="tikz", figonly=True)
    assert "$h_{t}$" in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_lines_can_be_seen(theme):
    def shown(name, look):
        color = look[name]
        return dark_of(name, color) if theme == "dark" else color

    paper = DARK_PAPER if theme == "dark" else "#FFFFFF"
    for role, own in BOX_STYLES.items():
        look = {**NODE, **own}
        if look["style"] and role != "swatch":
            text, fill = shown("fontcolor", look), shown("fillcolor", look)
            assert contrast(text, fill) > 7, role
    for look in [*DELAYS, EDGE]:
        assert contrast(shown("color", look), paper) > 4.5


@pytest.mark.dot
def test_themes():
    light, dark, auto = (
        tg.draw(models.lstm(), theme=theme) for theme in ("light", "dark", "auto")
    )
    assert DARK_PAPER.lower() in dark.svg()
    assert "<style>" not in light.svg() + dark.svg()
    assert auto.dot == light.dot
    assert light.themed("dark").svg() == dark.svg()
    assert dark.themed("auto").svg() == auto.svg()
    assert "prefers-color-scheme: dark" in auto.svg()
    ElementTree.fromstring(auto.svg())
    assert 'fillcolor="white"' not in dark.dot
    drawn = re.findall('(?:fill|stroke)="(#[0-9a-f]{6})"', light.svg())
    for color in set(drawn) - {"#ffffff", "#000000"}:
        assert color in auto.svg().partition("</style>")[0]


def test_darkening_touches_no_name():
    text = '"a" [label="color=\\"#1B1B1B\\"", color="#1B1B1B"];'
    assert darkened(text) == '"a" [label="color=\\"#1B1B1B\\"", color="#F1F4F5"];'


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "blue"}, "theme must be one of 'light', 'dark', 'auto', not 'blue'"),
        ({"font": ""}, "font must be the name of a font, not ''"),
        ({"font": 12}, "font must be the name of a font, not 12"),
        ({"expand": 3}, "expand must be the names of scopes, not 3"),
        ({"expand": "GRU"}, "expand names the scope 'GRU', but no node was made in"),
    ],
)
def test_looks_without_a_meaning(options, message):
    with pytest.raises(tg.DrawingError, match=message):
        tg.draw(models.lstm(), **options)


@pytest.mark.parametrize("dpi", [0, -3, 1e9, float("nan"), "300"])
def test_dots_per_inch_without_a_meaning(tmp_path, dpi):
    with pytest.raises(tg.DrawingError, match="dpi must be between 1 and 2400, not"):
        tg.draw(models.rnn()).save(tmp_path / "rnn.png", dpi=dpi)


@pytest.mark.parametrize("most", [0, -1, 61, 2.5, "many"])
def test_a_page_of_no_steps(tmp_path, most):
    with pytest.raises(
        tg.DrawingError, match="most must be a number of steps from 1 to 60, not"
    ):
        tg.draw(models.rnn()).html(tmp_path / "rnn.html", most=most)


@pytest.mark.dot
def test_scopes_may_stay_open():
    texts = {s.text for s in tg.draw(models.lstm(), expand="Linear f").page.shapes}
    assert "Linear i" in texts
    assert not {"Linear f"} & texts
    assert "Wf" in texts
    assert "Wi" not in texts
