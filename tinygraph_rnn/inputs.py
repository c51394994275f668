"""What several commands read: the run folder, and the text."""

import argparse

from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.folders import RunFolder
from tinygraph_rnn.texts import Corpus

__all__ = ["ENCODING", "check_encoding_counts", "named_corpus", "named_run"]

ENCODING = "utf-8"


def named_run(options: argparse.Namespace) -> RunFolder:
    """Return the run folder that is named, or else the latest."""
    return RunFolder.latest() if options.run is None else RunFolder(options.run)


def named_corpus(options: argparse.Namespace) -> Corpus:
    """Return the text that is named, or else the embedded one."""
    if options.text is None:
        check_encoding_counts(options)
    return Corpus(options.text, options.encoding or ENCODING)


def check_encoding_counts(options: argparse.Namespace) -> None:
    """Refuse an encoding without the file that has it.

    Raises:
        ConfigError: there is no --text.
    """
    if options.encoding is not None:
        raise ConfigError("--encoding is that of a --text FILE: give both, or neither")
