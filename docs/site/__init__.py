"""What the site needs beside its pages.

folders      the page of a folder lists the other pages of it
mathml       formulas as MathML: no script, nothing from a network
measured     a run of the benchmarks, from its JSON
names        a block of public names becomes their reference
notebooks    every notebook is executed in a fork of one process
op_table     all ops, from their declarations
public       the public names, and the pages that tell them
pictures     drawings in outputs follow the reader's theme
shell        an IPython without a kernel, which keeps what cells show
extension    all of these, as an extension of Sphinx
links        what is checked in the pages that were built
"""
