"""The interactive page: one file that unfolds, colours and opens a picture.

The files, in the order of processing:

    open_modules   which modules are open: a picture for each choice
    css            the style sheet, made from `model.styles`
    page_data      pages as JSON: one step once, each curve once
    runs           norms by run and number of steps
    document       the file: data, style and script in one
"""

from tinygraph.drawing.web.document import document

__all__ = ["document"]
