"""Page → text: SVG, TikZ, words, colours; and files."""
