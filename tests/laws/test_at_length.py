"""Every law at length: `pytest -m nightly` draws thousands of new graphs."""

import pytest

from tests.checkpointing import test_laws as windows
from tests.laws import test_laws, test_well_posed
from tests.rewriting import test_laws as rewriting

LAWS = [
    law
    for module in (test_laws, test_well_posed, rewriting, windows)
    for name, law in vars(module).items()
    if name.startswith("test_") and hasattr(law, "hypothesis")
]


@pytest.mark.nightly
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_at_length(law):
    law()
