"""Rewrites: the same meaning with a smaller cycle, before it is scheduled."""
