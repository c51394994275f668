"""Both pictures of one graph: folded, and unfolded over T steps.

The map, in the order of processing:

    roles, grouping            what each node is in a picture, which scopes are boxes
    picturing, boxing, wiring, looping   → picture: boxes, wires, loops
    repeating                  equal cells become one
    spine, layout, engines     `dot` places one step
    lanes, detours, curves, steps   ways for delayed edges, and round boxes
    folded, unfolded           → page: everything with its place
    readings, coloring         norms become colours, and a legend
    dot_text, svg, describing, tikz, maths, themes   → text
    web                        → the interactive page
    drawings                   `draw` and `Drawing`
"""

from tinygraph.drawing.drawings import Drawing, draw

__all__ = ["Drawing", "draw"]
