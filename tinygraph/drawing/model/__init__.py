"""Graph → Picture: boxes, wires and loops, without any coordinates."""
