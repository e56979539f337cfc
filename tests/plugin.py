"""What pytest needs before it loads nbval: a fast import of nbformat, one kernel environment, and what nbval compares."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

# nbformat imports it for a check that nothing here uses; it costs a second in every process.
sys.modules.setdefault("rfc3987_syntax", None)

ROOT = Path(__file__).resolve().parents[1]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Notebooks under test write to a folder of their own, never to the user's output/.
_OUTPUT = tempfile.TemporaryDirectory(prefix="carteira-tests-")
os.environ["CARTEIRA_OUTPUT"] = _OUTPUT.name


def pytest_collectstart(collector):
    """Pictures and HTML are not compared: each comes with a text of the same numbers, which is."""
    if type(collector).__name__ == "IPyNbFile":
        collector.skip_compare += ("image/svg+xml", "text/html")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Side by side, the tests of a file stay together, and so do all notebooks, in their order: each reads the one before."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "notebooks" if nodeid.startswith("notebooks/") else super()._split_scope(nodeid)

    return ByFile(config, log)


def pytest_unconfigure(config):
    _OUTPUT.cleanup()
