"""What `Drawing.save` may write: the formats, the resolution, and the file itself."""

from pathlib import Path

from tinygraph.core.error_data import did_you_mean
from tinygraph.core.errors import DrawingError
from tinygraph.drawing.output.files import atomic_file

FORMATS = (
    *("svg", "pdf", "png", "html", "tex", "dot", "gv"),
    *("eps", "ps", "jpg", "jpeg", "gif", "webp"),
)
"""The suffixes of files that a drawing can be saved to."""

_BITMAPS = ("png", "jpg", "jpeg", "gif", "webp")

DOTS_PER_INCH = 200.0
"""Of bitmaps: sharp on a screen of twice the dots, and on paper."""


def is_bitmap(form: str) -> bool:
    """Return True for a format that is made of dots."""
    return form in _BITMAPS


def format_of(target: Path) -> str:
    """Return the format that the suffix of a file names.

    Raises:
        DrawingError: there is no such format.
    """
    form = target.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise DrawingError(
            f"cannot save to {str(target)!r}: the suffix must be one of "
            f"{', '.join(FORMATS)}{did_you_mean(form, FORMATS)}"
        )
    return form


def check_dpi(dpi: float) -> None:
    """Check the dots per inch of a picture.

    Raises:
        DrawingError: they are no number from 1 to 2400.
    """
    if not hasattr(dpi, "__float__") or not 1 <= dpi <= 2400:
        raise DrawingError(f"dpi must be between 1 and 2400, not {dpi!r}")


def write_file(target: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        DrawingError: it cannot be written.
    """
    try:
        with atomic_file(target) as file:
            file.write(content)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DrawingError(f"cannot write {str(target)!r}: {reason}") from problem
