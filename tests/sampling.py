"""A plugin for pytest, `-p sampling`: only a share of the tests that were found is run.

CONVLAB_SAMPLE="0.2 2026-11-26"     the share, and a seed: the same seed, the same tests
"""

import hashlib
import os

import pytest


def fraction(seed: str, test: str) -> float:
    """A number from 0 to 1 that looks random and is the same each time."""
    return int.from_bytes(hashlib.sha256(f"{seed} {test}".encode()).digest()[:4]) / 2**32


@pytest.hookimpl(trylast=True)  # after the markers have had their say
def pytest_collection_modifyitems(config, items):
    share, seed = os.environ["CONVLAB_SAMPLE"].split()
    chosen = [item for item in items if fraction(seed, item.nodeid) < float(share)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
