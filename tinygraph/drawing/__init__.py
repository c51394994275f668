"""Both pictures of one graph: folded, and unfolded over T steps.

The folders, in the order of processing; each lists its files:

    model      Graph → Picture: boxes, wires and delay loops, without coordinates
    layout     Picture → Page: everything that is drawn, with its rectangle or curve
    output     Page → SVG, TikZ, words, colours by norm; files
    web        the interactive page: all of it at several numbers of steps

    drawings        `Drawing`: runs these stages when it is asked for their results
    draw_function   `draw`: checks the options of the user and makes a `Drawing`
"""

from tinygraph.drawing.draw_function import draw
from tinygraph.drawing.drawings import Drawing

__all__ = ["Drawing", "draw"]
