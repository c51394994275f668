"""What holds for tests of `tinygraph_rnn`: a finished run draws where a test asks.

Curves and pictures take four fifths of a run of ten updates. Processes that tests start
draw as ever.
"""

import pytest

from tinygraph_rnn.cli import run_results

_pictured = run_results.pictured


@pytest.fixture(scope="module", autouse=True)
def no_pictures_unless_asked():
    """Let finished runs write no pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_results, "pictured", lambda _: [])
        yield


@pytest.fixture
def pictures(monkeypatch):
    """Let runs that finish in this test write curves and pictures, as they do."""
    monkeypatch.setattr(run_results, "pictured", _pictured)
