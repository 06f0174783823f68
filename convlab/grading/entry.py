"""One line of the grade book: what became of one exercise of one student. Plain data that JSON can hold."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from convlab.grading import picture
from convlab.grading.definition import Exercise
from convlab.grading.difference import wrong_places
from convlab.grading.verdict import Outcome, Verdict

MOST_TEXT = 2_000
MOST_ROWS, MOST_COLUMNS = 16, 40  # of an array that a report shows
MOST_NOTES = 5


@dataclass(frozen=True)
class Entry:
    """The result of one exercise.

    Parameters
    ----------
    exercise, lesson : which
    outcome : one of six, see `Outcome`
    points : what counts; None after a grader error, because nobody knows
    max_points : for a right answer
    sentence, details, notes : the diagnosis, what else is known, and remarks that cost nothing
    mistake : name of the mistake that was recognised, or ""
    inputs : (label, outcome, sentence) of every input
    comparison : the first array that differs, beside the one expected; None if there is nothing to show
    printed : the first of what the function printed on the first input that failed
    seed : draws the same inputs again
    """

    exercise: str
    lesson: str
    outcome: Outcome
    points: int | None
    max_points: int
    sentence: str
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    mistake: str = ""
    inputs: tuple[tuple[str, str, str], ...] = ()
    comparison: dict[str, Any] | None = None
    printed: str = ""
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """For the journal and the JSON grade book."""
        return {**dataclasses.asdict(self), "outcome": str(self.outcome)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Entry":
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError if it is something else."""
        known = {field.name: data[field.name] for field in dataclasses.fields(cls)}
        lists = {name: tuple(known[name]) for name in ("details", "notes")}
        inputs = tuple(tuple(row) for row in known["inputs"])
        return cls(**{**known, **lists, "inputs": inputs, "outcome": Outcome(known["outcome"])})


def from_verdict(exercise: Exercise, verdict: Verdict) -> Entry:
    """The entry of a verdict of the engine."""
    shown = picture.compared(exercise, verdict)
    failed = verdict.failed
    return Entry(
        exercise=exercise.name,
        lesson=exercise.lesson,
        outcome=verdict.outcome,
        points=verdict.points,
        max_points=exercise.points,
        sentence=_cut(verdict.sentence),
        details=tuple(map(_cut, verdict.details)),
        notes=tuple(map(_cut, verdict.notes[:MOST_NOTES])),
        mistake=verdict.mutant,
        inputs=tuple((r.probe.label, str(r.outcome), _cut(r.sentence)) for r in verdict.results),
        comparison=_comparison(*shown, exercise.tolerance) if shown else None,
        printed=_cut(failed[0].answer.printed) if failed else "",
        seed=verdict.seed,
    )


def without_verdict(
    exercise: Exercise, outcome: Outcome, sentence: str, seed: int, details: tuple[str, ...] = ()
) -> Entry:
    """The entry of an exercise that the engine never saw to its end."""
    points = None if outcome is Outcome.GRADER_ERROR else 0
    return Entry(exercise.name, exercise.lesson, outcome, points, exercise.points, _cut(sentence), details, seed=seed)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 3] + "..."


def _comparison(title: str, got: np.ndarray, want: np.ndarray, tolerance: float) -> dict[str, Any]:
    """Two arrays as rows of numbers, as far as a page can show them, with the places that differ."""
    same = got.shape == want.shape
    wrong = wrong_places(got, want, tolerance) & ~(np.isnan(got) & np.isnan(want)) if same else None
    crop = lambda array: np.atleast_2d(array)[:MOST_ROWS, :MOST_COLUMNS]
    return {
        "title": title,
        "got": _numbers(crop(got)),
        "want": _numbers(crop(want)),
        "got_shape": list(got.shape),
        "want_shape": list(want.shape),
        "wrong": crop(wrong).tolist() if same else None,
    }


def _numbers(array: np.ndarray) -> list[list[float | None]]:
    """Rows of numbers with four digits; None for what is not finite, which JSON does not know."""
    return [[float(f"{value:.4g}") if math.isfinite(value) else None for value in row] for row in array.tolist()]
