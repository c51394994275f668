"""Page → text: SVG, TikZ, words; colours by norm; files.

The files, in the order of processing:

    norm_colors   boxes of a page coloured by norm, and the legend
    hatching      a norm of 0 as strokes, where there are no patterns
    strip         norms of states over many steps, as rows of cells
    legend        a sample of each kind of box and line under a page
    description   a picture in words
    svg           an engine's SVG made self-contained, with hover texts
    tikz          a page as LaTeX
    files         `atomic_file`: a file is written whole or not at all
    saving        the formats and resolutions of `Drawing.save`
"""
