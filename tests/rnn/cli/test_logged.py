"""What tinygraph logs is shown to people while a command runs, and only then."""

import logging

from tinygraph_rnn.training.progress import logged

LOG = logging.getLogger("tinygraph")


def test_messages_are_shown_on_standard_error(capsys):
    with logged():
        LOG.info("compiling 3 nodes")
        LOG.debug("not this")
    LOG.info("nor this")
    assert capsys.readouterr() == ("", "compiling 3 nodes\n")


def test_all_is_as_before(capsys):
    before = LOG.level, list(LOG.handlers)
    with logged():
        pass
    assert (LOG.level, list(LOG.handlers)) == before
