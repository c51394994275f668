"""Windows: a graph run stretch by stretch of its steps, to keep fewer values."""
