"""Elementwise functions and products for generated code."""
