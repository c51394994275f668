"""From equal weights, data and settings our loss follows PyTorch's."""

import numpy as np
import pytest

from tests.rnn.training.test_training import TEXT
from tinygraph_rnn import Config

pytest.importorskip("torch")


@pytest.mark.parametrize("num_layers", [1, 2])
def test_losses_stay_together_for_300_updates(num_layers):
    """A scaled-down run; `python -m benchmarks.parity` does it at full size."""
    from benchmarks.parity import compared

    config = Config(
        hidden_size=24,
        num_layers=num_layers,
        seq_length=12,
        batch_size=4,
        updates=300,
        learning_rate=5e-3,
    )
    ours, theirs = compared(config, TEXT + TEXT.upper())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)
    assert ours[-1] < 0.5 * ours[0]
