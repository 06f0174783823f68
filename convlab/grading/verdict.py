"""What the engine says about an answer: results that never merge, and the words for the learner."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from convlab.grading.definition import Probe

COMPILER_ERRORS = {"TypingError", "UnsupportedError", "UnsupportedBytecodeError", "LoweringError", "NumbaError"}


class Outcome(StrEnum):
    """How an answer ended. A crash is not a wrong answer, and an untouched stub is neither.

    The engine gives the first four; judge and worker add running out of time or memory, and the grader's own failure,
    which is never a zero.
    """

    RIGHT = "right"
    WRONG = "wrong"
    CRASHED = "crashed"
    NOT_ATTEMPTED = "not attempted"
    OUT_OF_BOUNDS = "timed out or out of memory"
    GRADER_ERROR = "grader error"


@dataclass(frozen=True)
class Failure:
    """An exception in the learner's code: its type and message in short, the learner's own line, the full text."""

    kind: str
    message: str
    where: str = ""
    line: str = ""
    full: str = ""

    @property
    def compiling(self) -> bool:
        """True if Numba could not compile the function: then no line of it has run."""
        return self.kind in COMPILER_ERRORS

    def __str__(self) -> str:
        place = f" in {self.where}: `{self.line}`" if self.line else ""
        return f"{self.kind}{place}" + (f" ({self.message})" if self.message else "")


@dataclass(frozen=True, eq=False)
class Answer:
    """What a function gave back for one probe: plain data, so that it can come from another process.

    Exactly one of these is so: `values` holds numbers; `shape` alone is known (too many numbers to look at); `failure`
    holds an exception; `problem` says why there are no numbers. `broken`: the rule that a compiled function broke on the way.
    """

    values: np.ndarray | None = None
    shape: tuple[int, ...] | None = None
    whole_numbers: bool = False
    nothing: bool = False
    failure: Failure | None = None
    problem: str = ""
    broken: str = ""
    changed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    printed: str = ""


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """One probe: what was expected, what came, and a sentence on the difference ("" if right).

    `want` and `got` are the arrays compared (what an exercise's `behaviour` makes of the answers, where it has one);
    `got` is None where no numbers came.
    """

    probe: Probe
    outcome: Outcome
    sentence: str
    want: np.ndarray
    got: np.ndarray | None
    answer: Answer


@dataclass(frozen=True, eq=False)
class Verdict:
    """The engine's answer for one exercise.

    Parameters
    ----------
    exercise : its name
    outcome : one of four, never merged
    sentence : the diagnosis
    details : what else is known, most useful first
    mutant : name of the mistake that was recognised, or ""
    points, max_points : all or nothing
    results : one per probe; empty if the function was not called
    notes : kind remarks that cost nothing (a changed input, a list for an array)
    seed : draws the same probes again
    """

    exercise: str
    outcome: Outcome
    sentence: str
    details: tuple[str, ...]
    mutant: str
    points: int
    max_points: int
    results: tuple[ProbeResult, ...]
    notes: tuple[str, ...]
    seed: int

    @property
    def failed(self) -> tuple[ProbeResult, ...]:
        """The probes that were not right, in order."""
        return tuple(result for result in self.results if result.outcome is not Outcome.RIGHT)
