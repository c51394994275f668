"""Drawings in the outputs of notebooks follow the theme that the reader chose."""

import json
from typing import Any


def connect(app: Any) -> None:
    """Give every page the rules of `theme="auto"`; `drawings.js` switches them.

    They come as a script's text: from the file system, a script may not read a sheet.
    """
    from tinygraph.drawing.layout.themes import style_sheet

    app.add_js_file(
        None, priority=100, body=f"window.drawingRules = {json.dumps(style_sheet())};"
    )
