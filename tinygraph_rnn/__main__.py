"""`python -m tinygraph_rnn` is `tinygraph-rnn`."""

import sys

from tinygraph_rnn.cli.parser import main

if __name__ == "__main__":
    sys.exit(main())
