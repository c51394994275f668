"""The parts of the site, as one extension of Sphinx."""

from typing import Any

from docs.site import folders, mathml, measured, names, notebooks, op_table, pictures


def setup(app: Any) -> dict[str, Any]:
    """Connect all parts with Sphinx."""
    for part in (folders, mathml, measured, names, notebooks, op_table, pictures):
        part.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
