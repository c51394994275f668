"""Names as mathematics: Greek letters, hats and indices, in Unicode and in TeX."""

import re
import unicodedata

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi "
        "rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma "
        "Phi Psi Omega".split(),
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        strict=True,
    )
)
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_NAMED = re.compile(r"([^\W\d_]+)(?:_(hat|bar|tilde|dot))?(?:_?(\d+))?")
_LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
_ARROWS = {"→": r"\overrightarrow", "←": r"\overleftarrow"}
_SCRIPTS = re.compile(f"[{_LOWERED}]+|[{_RAISED}]+")
_COMMANDS = {"×": r"\times", "−": "-", "÷": r"\div", "Σ": r"\Sigma", "→": r"\to"}
_COMMANDS |= {letter: f"\\{name}" for name, letter in GREEK.items()}
_SPECIAL = {char: f"\\{char}" for char in "&%$#_{}"}
_SPECIAL |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
_SPECIAL |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
_SPECIAL |= {"^": r"\textasciicircum{}", "…": r"\dots{}", "“": "``", "”": "''"}


def mathematical(name: str) -> str:
    """Return a variable's name as it is written: `alpha` is α, `y_hat` ŷ, `W_1` W₁.

    Names of other forms stay as they are.
    """
    found = _NAMED.fullmatch(name)
    if found is None:
        return name
    letters, accent, digits = found.groups()
    letters = GREEK.get(letters, letters)
    if accent and len(letters) > 1:
        return name
    text = unicodedata.normalize("NFC", letters + _ACCENTS.get(accent, ""))
    return text + (digits or "").translate(str.maketrans("0123456789", _LOWERED[:10]))


def tex(text: str) -> str:
    """Return a label as TeX: indices lowered, single letters as variables."""
    return r"\\".join(_tex_line(line) for line in text.split("\n"))


def _tex_line(line: str) -> str:
    words = re.split(r"(\s+|[(),])", line)
    return "".join(_tex_word(word) for word in words)


def _tex_word(word: str) -> str:
    parts = re.split(f"({_SCRIPTS.pattern})", word)
    arrow, stem = _ARROWS.get(parts[0][:1], ""), parts[0]
    if len(stem) != 2:
        arrow = ""
    stem = stem[1:] if arrow else stem
    symbols = unicodedata.normalize("NFD", stem)
    single = len([char for char in symbols if not unicodedata.combining(char)]) == 1
    known = single and (symbols[0].isalpha() or symbols[0] in _COMMANDS)
    body = _symbol(symbols) if known else _escaped(stem)
    body = f"{arrow}{{{body}}}" if arrow and known else body
    found = f"${body}$" if known else body
    for part in parts[1:]:
        if _SCRIPTS.fullmatch(part):
            sign = "^" if part[0] in _RAISED else "_"
            plain = unicodedata.normalize("NFKC", part).replace("−", "-")
            inside = found.endswith("$")
            found = found.removesuffix("$") if inside else f"{found}$"
            found += f"{sign}{{{plain}}}$"
        else:
            found += _escaped(part)
    return found


def _symbol(symbols: str) -> str:
    """Return one letter with its accents, in mathematics."""
    found = _COMMANDS.get(symbols[0], symbols[0])
    for name, accent in _ACCENTS.items():
        if accent in symbols:
            found = f"\\{name}{{{found}}}"
    return found


def _escaped(text: str) -> str:
    return "".join(
        f"${_COMMANDS[char]}$" if char in _COMMANDS else _SPECIAL.get(char, char)
        for char in text
    )
