"""The exit statuses of `tinygraph-rnn`, beside 0 and those of signals."""

__all__ = ["INCOMPLETE", "USER_ERROR"]

USER_ERROR = 2
"""What was asked for cannot be done."""

INCOMPLETE = 3
"""All is done and saved, but something beside it could not be written."""
