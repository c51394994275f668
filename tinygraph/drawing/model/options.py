"""The options of `draw`: checked, and in the form that the stages use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tinygraph.core.error_data import did_you_mean
from tinygraph.core.errors import DrawingError
from tinygraph.core.nodes import Node
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.model.texts import printable, printable_lines
from tinygraph.drawing.model.user_styles import Style

Collapse = int | str | frozenset[str] | None
Start = int | Literal["t"]

COLLAPSE_WORDS = ("auto", "layers", "variables")
"""What `collapse` may say besides a depth and the names of scopes."""

_CHOICES: dict[str, tuple[Any, ...]] = {
    "direction": ("BT", "TB", "LR"),
    "parameters": ("tied", "label", "shared", "hide"),
    "shapes": ("hover", "edge", "box", None),
    "squares": ("number", "z", None),
}


@dataclass(frozen=True)
class DrawOptions:
    """The choices of `draw`, in the form the stages use; see `draw` for each."""

    direction: str = "BT"
    collapse: Collapse = "auto"
    parameters: str = "tied"
    shapes: str | None = "hover"
    labels: Mapping[Any, str | tuple[str, ...]] = field(default_factory=dict)
    start: Start = 0
    max_steps: int | Literal["auto"] | None = "auto"
    max_repeats: int | None = 2
    title: str | None = None
    expand: frozenset[str | tuple[str, ...]] = frozenset()
    look: Look = field(default_factory=Look)
    counts: bool = False
    squares: str | None = "number"
    styles: Mapping[Any, Style] = field(default_factory=dict)
    highlight: tuple[tuple[Any, ...], ...] = ()
    legend: bool = False
    strip: bool = False

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                listed = ", ".join(map(repr, allowed))
                raise DrawingError(
                    f"{name} must be one of {listed}, not {value!r}"
                    f"{did_you_mean(value, allowed)}"
                )
        if self.start != "t" and not _is_int(self.start):
            raise DrawingError(
                f"start must be the number of the first step or 't', not {self.start!r}"
            )
        most = self.max_steps
        if most is not None and most != "auto":
            if not _is_int(most) or most < 3:
                raise DrawingError(
                    "max_steps must be 'auto', None or at least 3, not "
                    f"{self.max_steps!r}{did_you_mean(most, ['auto'])}: "
                    "a picture shows the first steps, an ellipsis and the last step"
                )
        repeats = self.max_repeats
        if repeats is not None and (not _is_int(repeats) or repeats < 1):
            raise DrawingError(
                f"max_repeats must be None or at least 1, not {repeats!r}"
            )

    def text_for(self, *candidates: Any) -> str | tuple[str, ...] | None:
        """Return the user's text for the first of these nodes and names, or None."""
        for candidate in candidates:
            if candidate is not None and candidate in self.labels:
                return self.labels[candidate]
        return None


def _is_int(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def as_collapse(value: Any) -> Collapse:
    """Return the user's `collapse` in a hashable form.

    Raises:
        DrawingError: it is neither a depth, nor names, nor a known word.
    """
    if value is None or value is False:
        return None
    if _is_int(value) and value >= 0:
        return int(value) or None
    if isinstance(value, str):
        return value if value in COLLAPSE_WORDS else frozenset({value})
    if isinstance(value, Iterable):
        names = list(value)
        if all(isinstance(name, str) for name in names):
            return frozenset(names)
    raise DrawingError(
        f"collapse must be 'auto', 'layers', 'variables', a depth, the names of "
        f"scopes, or None, not {value!r}"
    )


def as_look(theme: Any, font: Any, math: Any) -> Look:
    """Return the user's theme, font and mathematics.

    Raises:
        DrawingError: there is no such theme, or the font is no name.
    """
    if theme not in ("light", "dark", "auto"):
        raise DrawingError(
            f"theme must be one of 'light', 'dark', 'auto', not {theme!r}"
            f"{did_you_mean(theme, ('light', 'dark', 'auto'))}"
        )
    if not isinstance(font, str) or not font.strip():
        raise DrawingError(f"font must be the name of a font, not {font!r}")
    return Look(theme, printable(font), bool(math))


def as_expand(value: Any) -> frozenset[str | tuple[str, ...]]:
    """Return the user's `expand`: names of scopes.

    Raises:
        DrawingError: it is no name, nor several.
    """
    names = [value] if isinstance(value, str) else value
    if isinstance(names, Iterable):
        found = list(names)
        if all(isinstance(name, str) for name in found):
            return frozenset(found)
    raise DrawingError(f"expand must be the names of scopes, not {value!r}")


def as_labels(
    labels: Mapping[Any, str | Sequence[str]] | None,
) -> dict[Any, str | tuple[str, ...]]:
    """Return the user's `labels` with every text printable.

    Raises:
        DrawingError: a key is no node or name, or a text is no text.
    """
    found: dict[Any, str | tuple[str, ...]] = {}
    for key, value in (labels or {}).items():
        texts = [value] if isinstance(value, str) else list(value)
        if not isinstance(key, Node | str) or not all(
            isinstance(text, str) for text in texts
        ):
            raise DrawingError(
                "labels maps a node or a name to a text or to one text per step, "
                f"not {printable(repr(key))} to {printable(repr(value))}"
            )
        lines = tuple(map(printable_lines, texts))
        found[key] = lines[0] if isinstance(value, str) else lines
    return found
