"""Graph → Picture: what is drawn and what is joined to what, without coordinates.

The files, in the order of processing:

    styles             colours and shapes of boxes and edges; `Look`, the user's theme
    texts              labels that change with the step, printable and short names
    maths              names as mathematics, in Unicode and in TeX
    user_styles        the options `styles` and `highlight`, checked
    options            the choices of `draw`, checked
    picture            the result: `Picture`, `Box`, `Wire`, `DelayLoop`
    node_texts         what a box says of its node: sign, number, hover text
    roles              which nodes are shown, variables, states or looked through
    modules            which nodes a collapsed scope holds
    boxes              a box for a node, a module or a delay
    wires              which box reads which
    delay_loops        each delay as one edge with the values outside the sequence
    repeated_cells     equal cells upon each other become one, with ×n
    opening            which boxes stand in place of a closed scope that is opened
    emphasis           boxes in the user's styles, highlighted paths
    graph_to_picture   `picture_of`: all of these in turn
    readings           norms of values and gradients by node and step, for colours
"""
