"""A short form of `make torture`: the site is killed while people use it, and nothing they were told is lost."""

import os
import runpy
from pathlib import Path

import pytest

TORTURE = Path(__file__).parents[2] / "benchmarks" / "torture.py"


@pytest.mark.skipif(
    "DATABASE_URL" in os.environ, reason="it kills the site, and the database file is part of it"
)
def test_nothing_that_was_acknowledged_is_lost_or_doubled_when_the_site_is_killed(tmp_path):
    torture = runpy.run_path(str(TORTURE))["torture"]
    ledger, _troubles, wrong = torture(tmp_path, kills=3, between=(1.0, 2.5), seed=7)
    assert wrong == []
    assert sum(ledger.told.values()) > 20
    assert ledger.tried.total() > ledger.told.total(), "no request was ever cut off, so nothing was proven"
