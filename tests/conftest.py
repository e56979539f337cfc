"""Shared by the tests: where the real data are, and the skip where they are not."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items):
    if REAL_DATA.is_dir():
        return
    skip = pytest.mark.skip(reason="the public data sets are not beside this checkout")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the public data sets."""
    return REAL_DATA
