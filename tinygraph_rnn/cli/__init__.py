"""The command line: `tinygraph-rnn train | sample | evaluate | draw`."""

from tinygraph_rnn.cli.parser import main

__all__ = ["main"]
