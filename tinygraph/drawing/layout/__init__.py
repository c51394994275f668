"""Picture → Page: everything that is drawn, with its rectangle or curve.

The files, in the order of processing:

    page             the result: `Page` of `Shape`, `Line` and `Frame`; `Rect`
    themes           light colours → dark ones
    dot_text         DOT statements; a page as DOT, a picture as DOT without places
    engine_child     the Python packages that hold Graphviz, as a program like `dot`
    engines          runs `dot`, or such a package, under a time limit
    spine            the longest path through a step, which becomes a straight line
    dot_layout       `dot` places the boxes of one step, or static boxes
    curves           polylines with round corners; where an edge meets its box
    long_chains      long chains of boxes, placed apart
    detours          the shortest way round boxes
    lanes            ways out of a step; the order of lanes in the gap between steps
    shared_tracks    whether lines run one upon the other
    row_lanes        lanes through a row of boxes
    channel_tracks   tracks in the channel between two rows
    channel_ports    where ways meet boxes
    channels         ways along channels, no two on one track
    own_tracks       a step whose lines run along channels
    row_order        boxes at the ends of their rows, for the delays they read or give
    blocks           what stands in place of a closed scope, laid out on its own
    stretching       a layout that makes room for such blocks
    opened           the layout of open scopes in that of the closed ones
    open_scopes      outlines around the boxes of open scopes
    loop_lanes       the order, lanes and squares of loops round a folded step
    self_loops       delays from a box to itself, beside it
    loop_room        rows further apart where such a delay has no room
    loop_routes      the squares of these loops, and the ways to them
    labels           labels of lines moved off lines and boxes
    folded           the page of a folded picture: one step and a loop for each delay
    shown_steps      which steps an unfolded page shows, and the delayed edges on it
    initial_values   the ellipses of values outside the sequence
    step_template    what all steps of a row share: frame, ways out, lanes
    initial_columns  where these ellipses stand, beside the steps
    panel            one row of steps for one time axis
    static_bands     which static boxes stand below, between and above the panels
    joints           what joins static boxes to panels
    static_curves    curves for that
    stack            panels and bands above each other, and the wires between them
    row              panels beside each other, and what joins them
    finishing        direction, the user's styles and highlights, on any page
    unfolded         the page of an unfolded picture: all of these in turn
"""
