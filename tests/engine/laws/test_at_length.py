"""Every law at length: `pytest -m nightly` draws thousands of new graphs."""

import pytest

from tests.engine.laws import test_laws, test_well_posed
from tests.engine.rewriting import test_laws as rewriting
from tests.engine.windows import test_laws as windows

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
