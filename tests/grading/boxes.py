"""Sandboxes for tests: each kind that this machine has; one that it lacks is skipped, with the reason."""

import dataclasses

import pytest

from convlab.grading import sandbox
from convlab.grading.exercises import EXERCISES


def need(tier):
    """Skip, and say why, if this machine does not offer this kind of sandbox."""
    offer = sandbox.probe()
    if tier in offer.reasons:
        pytest.skip(f"this machine has no sandbox of the kind {tier}: {offer.reasons[tier]}")


def hasty(name, **changes):
    """An exercise of the course with short budgets."""
    return dataclasses.replace(EXERCISES[name], **{"run_seconds": 1.0, **changes})


NUMBA = {"allowed_imports": ("math", "numpy", "numba"), "compile_seconds": 6.0}
HASTY = {name: hasty(name) for name in EXERCISES}


def cells(*sources):
    """Code cells as the judge gets them."""
    return [
        {"source": source, "graded_as": "", "number": number, "is_code": True} for number, source in enumerate(sources)
    ]
