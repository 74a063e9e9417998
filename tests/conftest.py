"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real guides, threads and judged queries that developers and CI have beside the clone."""
    folder = Path(os.environ.get("AFTERCARE_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the shared folder of real data is not here (set AFTERCARE_SHARED to its path)")
    return folder
