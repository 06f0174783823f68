"""What an exercise and a question are: data that the notebook, the command line and the class grader share.

An exercise knows its inputs (`probes`), its right answer (`reference`), the wrong answers that learners really give
(`mutants`) and what to say about each. It runs nothing: `convlab.grading.engine` does.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from convlab.errors import ArgumentError


@dataclass(frozen=True)
class Trait:
    """Something that makes a probe harder than the plainest one, e.g. Trait("stride 1", "a larger stride").

    When exactly the probes with a trait fail, the learner reads "right with stride 1, wrong with a larger stride".
    """

    plain: str
    special: str


@dataclass(frozen=True, eq=False)
class Probe:
    """One call of the learner's function.

    Parameters
    ----------
    label : what the probe is about, for the learner
    args, kwargs : handed over as copies, the arrays positionally
    traits : what is special about it
    sizes : numbers a wrong factor may be equal to, e.g. {"the batch size": 2}
    stage : what the answer is tried on, for exercises graded on behaviour; never handed over
    """

    label: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    traits: tuple[Trait, ...] = ()
    sizes: Mapping[str, float] = field(default_factory=dict)
    stage: Any = None


@dataclass(frozen=True, eq=False)
class Mutant:
    """A wrong answer that learners really give, and the sentence it deserves."""

    name: str
    function: Callable[..., Any]
    sentence: str


@dataclass(frozen=True)
class Compiled:
    """What is asked of a function that must be compiled by Numba, in nopython mode, beside the right numbers.

    Parameters
    ----------
    parallel : it shares out the iterations of a loop among threads, and no two of them meet at one number
    most_bytes : memory that one call may add at its highest, the result included; 0 for any
    """

    parallel: bool = False
    most_bytes: int = 0


@dataclass(frozen=True, eq=False)
class Exercise:
    """A graded function.

    Parameters
    ----------
    name : name of the function, unique in the course
    lesson : "03"
    points : for a right answer; anything else gets 0
    signature : as the learner sees it, e.g. "conv2d(x, w, b, stride=1, padding=0)"
    summary : what it computes, one line
    probes : draws the inputs from a random generator, the plainest first
    reference : the right answer, in the textbook's form
    mutants : wrong answers, each different from every other on at least two probes
    hints : three, from a nudge to nearly the answer
    tolerance : largest error allowed, as a fraction of the largest number expected
    axes : what the axes of the result are called, e.g. ("image", "filter", "row", "column"); with a `behaviour`, what
        its numbers are called
    behaviour : (answer, probe) -> vector to be compared, where many answers are right; raises ConvlabError, in words
        for the learner, if the answer cannot be tried
    view : (answer, probe) -> array to be drawn, where the answer itself says little
    allowed_imports : modules that a submission may import
    run_seconds, compile_seconds : budgets for all probes together
    compiled : how the function must run, where that is graded too; the reference and the mutants may be plain Python
    """

    name: str
    lesson: str
    points: int
    signature: str
    summary: str
    probes: Callable[[np.random.Generator], list[Probe]]
    reference: Callable[..., Any]
    mutants: tuple[Mutant, ...]
    hints: tuple[str, str, str]
    tolerance: float = 1e-4
    axes: tuple[str, ...] = ()
    behaviour: Callable[[np.ndarray, Probe], np.ndarray] | None = None
    view: Callable[[np.ndarray, Probe], np.ndarray] | None = None
    allowed_imports: tuple[str, ...] = ("math", "numpy")
    run_seconds: float = 10.0
    compile_seconds: float = 0.0
    compiled: Compiled | None = None

    def __post_init__(self) -> None:
        if len(self.hints) != 3:
            raise ArgumentError(f"exercise {self.name}: expected 3 hints, got {len(self.hints)}")
        if len({mutant.name for mutant in self.mutants}) != len(self.mutants):
            raise ArgumentError(f"exercise {self.name}: two mutants have the same name")
        if not self.signature.startswith(f"{self.name}("):
            raise ArgumentError(f"exercise {self.name}: the signature is that of another function: {self.signature}")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters in the signature."""
        function = ast.parse(f"def {self.signature}: ...").body[0]
        assert isinstance(function, ast.FunctionDef)
        return tuple(argument.arg for argument in function.args.args)

    @cached_property
    def numbers_only(self) -> "Exercise":
        """The same exercise, graded on its numbers alone: what its reference is held to."""
        return replace(self, compiled=None) if self.compiled else self

    def draw(self, seed: int) -> list[Probe]:
        """The probes of a seed: the same seed, the same numbers, on every machine."""
        return self.probes(np.random.default_rng(seed))

    def describe(self, probe: Probe) -> str:
        """The call that a probe makes, with shapes for arrays and everything else as it is.

        For example "conv2d(x (2, 3, 6, 8), w (2, 3, 3, 2), b (2,), stride=2, padding=1)".
        """
        given = [*zip(self.parameters, probe.args), *probe.kwargs.items()]
        return f"{self.name}({', '.join(_told(name, value) for name, value in given)})"


MOST_TOLD = 60


def _told(name: str, value: Any) -> str:
    """An argument in a few characters."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{name} {value.shape}"
    if isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value):
        return f"{name} ({len(value)} arrays)"
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.item()
    if callable(value):
        return f"{name}={getattr(value, '__name__', 'a function')}"
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return f"{name}={text if len(text) <= MOST_TOLD else text[: MOST_TOLD - 3] + '...'}"


@dataclass(frozen=True)
class Reply:
    """What follows from a wrong prediction."""

    answer: Any
    sentence: str


@dataclass(frozen=True)
class Question:
    """A prediction made before the result is shown.

    Parameters
    ----------
    id : unique in the course
    lesson : "03"
    prompt : the question, one or two lines
    answer : a number, a sequence of numbers, or one of `choices`
    right : said to a right prediction: why it is so
    replies : what follows from each wrong prediction one can expect
    otherwise : said to any other wrong prediction; it does not give the answer away
    choices : the answers to choose from, if it is a choice
    tolerance : largest difference allowed, absolute
    """

    id: str
    lesson: str
    prompt: str
    answer: Any
    right: str
    replies: tuple[Reply, ...]
    otherwise: str
    choices: tuple[str, ...] = ()
    tolerance: float = 1e-6
