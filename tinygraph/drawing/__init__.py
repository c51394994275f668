"""Both pictures of one graph: folded, and unfolded over T steps.

The map, in the order of processing:

    roles, grouping            what each node is in a picture, which scopes are boxes
    picturing, boxing, wiring, looping   → picture: boxes, wires, loops
    spine, layout, engines     `dot` places one step
    lanes, curves, steps       ways for delayed edges
    folded, unfolded           → page: everything with its place
    dot_text, svg, describing  → text
    drawings                   `draw` and `Drawing`
"""

from tinygraph.drawing.drawings import Drawing, draw

__all__ = ["Drawing", "draw"]
