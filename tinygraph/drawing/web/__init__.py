"""The interactive page: one file that unfolds, colours and expands a picture.

states     which modules are open: a picture for each choice
coding     pages as data: one step once, curves once
runs       norms by run and number of steps
document   the file: data, style and script in one
"""

from tinygraph.drawing.web.document import document

__all__ = ["document"]
