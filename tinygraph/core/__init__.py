"""What a graph is: types, nodes, declarations of ops, delays, leaves, the closed graph.

In reading order:

    errors, error_data   what can go wrong, each with its data
    types                TensorType: shape, dtype, time
    operators, nodes     Op, its registry, Node
    source_info          the user's line and scopes of a node
    array_likes          values that become arrays, and what would be lost of them
    building             apply: from an op and operands to a typed node
    leaves, delays       sequence, placeholder, parameter; z^-k
    traversal            walks over graphs, cycles, components
    verification         delays closed, names unique, well-posed for every T
    rebuilding, replacing   the part of a graph that depends on changed nodes, again
    graph, parameters    Graph, and the values that training changes
    flattening           a graph as a flat list, for pickle
"""
