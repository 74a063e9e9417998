"""A short form of `make torture`: the site is killed while people use it, and nothing they were told is lost."""

import os
import runpy
from pathlib import Path

from benchmarks.serving import ROOT

TORTURE = ROOT / "benchmarks" / "torture.py"


def test_nothing_that_was_acknowledged_is_lost_or_doubled_when_the_site_is_killed(tmp_path: Path) -> None:
    """Where the tests run on PostgreSQL, one of its own is killed as well."""
    torture = runpy.run_path(str(TORTURE))["torture"]
    outcome = torture(tmp_path, kills=3, between=(3, 10), seed=7, postgres="DATABASE_URL" in os.environ)
    assert outcome.wrong == []
    assert outcome.ledger.told.total() > 9
    assert outcome.ledger.tried.total() > outcome.ledger.told.total(), (
        "no request was cut off: nothing is proven"
    )
