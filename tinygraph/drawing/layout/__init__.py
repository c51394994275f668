"""Picture → Page: everything that is drawn, with its place."""
