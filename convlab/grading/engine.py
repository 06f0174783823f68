"""From a function, or from the answers it gave, to a verdict. Nothing here prints, stores or draws.

`diagnose` calls the function in this process: that is practice, in the learner's own kernel. `judge` needs the answers
alone, wherever they were computed. Both say the same words.
"""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from convlab.errors import ConvlabError
from convlab.grading.calling import ask, is_compiled, is_empty, mismatch
from convlab.grading.causes import OUT_OF_TIME, cause
from convlab.grading.definition import Exercise, Mutant, Probe
from convlab.grading.difference import close, difference
from convlab.grading.verdict import Answer, Failure, Outcome, ProbeResult, Verdict

EMPTY = "The function is still empty. Write a first version, however rough, and check it again."
NO_FUNCTION = "Hand over the function itself, without brackets: `check({name!r}, {name})`."
PATIENCE = 2.0  # seconds for a look at what is already known to be wrong


def diagnose(exercise: Exercise, function: Callable[..., Any], seed: int = 0) -> Verdict:
    """Call a function on fresh probes and say what is right or wrong with it.

    It raises nothing, whatever the function does or gives back (Ctrl-C apart). A right answer in another style is
    right: a list for an array, float32 for float64, debug prints and warnings cost nothing.

    Parameters
    ----------
    exercise : an Exercise, see `convlab.grading.exercises.find`
    function : the learner's
    seed : draws the probes

    Returns
    -------
    Verdict
    """
    if function is None or function is Ellipsis or is_empty(function):
        return _unasked(exercise, Outcome.NOT_ATTEMPTED, EMPTY, seed)
    if not callable(function):
        return _unasked(exercise, Outcome.NOT_ATTEMPTED, NO_FUNCTION.format(name=exercise.name), seed)
    probes = drawn(exercise, seed)
    if sentence := next(filter(None, (mismatch(exercise, function, probe) for probe in probes)), ""):
        return _unasked(exercise, Outcome.CRASHED, sentence, seed)
    answers = _ask_all(exercise, function, probes)
    verdict = judge(exercise, probes[: len(answers)], answers, seed)
    if verdict.outcome is Outcome.WRONG and not verdict.mutant and is_compiled(function):
        return _run_by_python(exercise, function, verdict)
    return verdict


def _run_by_python(exercise: Exercise, function: Any, verdict: Verdict) -> Verdict:
    """A verdict on a compiled function, with the index that ran past an edge, which only Python notices."""
    answer = ask(exercise, function.py_func, verdict.failed[0].probe, seconds=PATIENCE)
    if answer.failure is None or answer.failure.kind != "IndexError":
        return verdict
    found = f"Compiled code does not watch the edges of arrays. Run by Python it stops with {answer.failure}."
    return replace(verdict, sentence=found, details=(cause(answer.failure), verdict.sentence, *verdict.details))


def _ask_all(exercise: Exercise, function: Callable[..., Any], probes: Sequence[Probe]) -> list[Answer]:
    """The answers to the probes, up to one that uses up the exercise's time."""
    answers: list[Answer] = []
    end = time.thread_time() + exercise.run_seconds + exercise.compile_seconds
    for probe in probes:
        answers.append(ask(exercise, function, probe, seconds=max(0.1, end - time.thread_time())))
        if _is_late(answers[-1]):
            break
    return answers


def _is_late(answer: Answer) -> bool:
    return answer.failure is not None and answer.failure.kind == OUT_OF_TIME


@functools.lru_cache(maxsize=64)
def drawn(exercise: Exercise, seed: int) -> tuple[Probe, ...]:
    """The probes of a seed, drawn once: a learner checks again and again, and the answers to them are remembered too."""
    return tuple(exercise.draw(seed))


@np.errstate(all="ignore")
def judge(exercise: Exercise, probes: Sequence[Probe], answers: Sequence[Answer], seed: int = 0) -> Verdict:
    """The verdict on the answers given to the probes of a seed, wherever they were computed."""
    if all(answer.failure and answer.failure.kind == "NotImplementedError" for answer in answers):
        return _unasked(exercise, Outcome.NOT_ATTEMPTED, EMPTY, seed)
    results = tuple(_look(exercise, probe, answer) for probe, answer in zip(probes, answers))
    failed = [result for result in results if result.outcome is not Outcome.RIGHT]
    if not failed:
        outcome, sentence, details, mutant = Outcome.RIGHT, f"Right on all {len(results)} inputs.", (), ""
    else:
        outcome, sentence, details, mutant = _explain(exercise, results, failed)
    return Verdict(
        exercise=exercise.name,
        outcome=outcome,
        sentence=sentence,
        details=details,
        mutant=mutant,
        points=exercise.points if outcome is Outcome.RIGHT else 0,
        max_points=exercise.points,
        results=results,
        notes=_notes(answers),
        seed=seed,
    )


def _look(exercise: Exercise, probe: Probe, answer: Answer) -> ProbeResult:
    """One answer beside the right one."""
    want = _wanted(exercise, probe)
    if answer.failure:
        outcome = Outcome.OUT_OF_BOUNDS if _is_late(answer) else Outcome.CRASHED
        return ProbeResult(probe, outcome, _stopped(exercise, answer.failure), want, None, answer)
    got, sentence = None, ""
    if answer.values is None or not exercise.behaviour:
        got = answer.values
        sentence = difference(answer, want, exercise.axes, exercise.tolerance, probe.sizes)
    else:
        try:
            got = exercise.behaviour(answer.values, probe)
            sentence = _misbehaviour(exercise, got, want)
        except ConvlabError as error:
            sentence = f"{error}."
    if not sentence and answer.broken:
        sentence = f"The numbers are right, but {answer.broken}."
    return ProbeResult(probe, Outcome.WRONG if sentence else Outcome.RIGHT, sentence, want, got, answer)


def _stopped(exercise: Exercise, failure: Failure) -> str:
    """The sentence on an answer that did not come."""
    place = f"{failure.where}: `{failure.line}`" if failure.line else failure.where
    if failure.kind == OUT_OF_TIME:
        seconds = exercise.run_seconds + exercise.compile_seconds
        return f"It has not come to an end after {seconds:g} s and was stopped{place and f', in {place}'}."
    if failure.compiling:
        return f"Numba cannot compile {place or 'it'}{failure.message and f' ({failure.message})'}."
    return f"It stops with {failure}."


def _misbehaviour(exercise: Exercise, got: np.ndarray, want: np.ndarray) -> str:
    """Which numbers of the behaviour are off, by their names; "" if none is."""
    named = zip(exercise.axes, got, want)
    off = [f"{name}: {a:.3g} where {b:.3g} is expected" for name, a, b in named if not close(a, b, exercise.tolerance)]
    return f"{'; '.join(off)}." if off else ""


@functools.lru_cache(maxsize=1024)
def _wanted(exercise: Exercise, probe: Probe) -> np.ndarray:
    """The array in which the right answer is compared."""
    return _read_only(_compared(exercise, probe, exercise.reference(*probe.args, **probe.kwargs)))


@functools.lru_cache(maxsize=8192)
def _produce(exercise: Exercise, mutant: Mutant, probe: Probe) -> np.ndarray | None:
    """What a mutant gives for a probe; None where the mistake stops with an error."""
    try:
        return _read_only(_compared(exercise, probe, mutant.function(*probe.args, **probe.kwargs)))
    except Exception:
        return None


def _read_only(array: np.ndarray) -> np.ndarray:
    array = np.array(array)
    array.flags.writeable = False
    return array


def _compared(exercise: Exercise, probe: Probe, result: Any) -> np.ndarray:
    """The array in which a right or a mutant's answer is compared with the learner's."""
    values = np.asarray(result, dtype=np.float64)
    return exercise.behaviour(values, probe) if exercise.behaviour else values


def _explain(
    exercise: Exercise, results: Sequence[ProbeResult], failed: Sequence[ProbeResult]
) -> tuple[Outcome, str, tuple[str, ...], str]:
    """Outcome, sentence, details and the mutant's name for an answer that is not right."""
    if all(result.answer.nothing for result in failed):
        if len(failed) == len(results):
            return Outcome.WRONG, "The function gives back nothing (None): is the `return` missing?", (), ""
        sentence = f"{_pattern(results, 'nothing')} {failed[0].sentence}".strip()
        return Outcome.WRONG, sentence, (_example(exercise, failed[0]),), ""
    late = next((result for result in failed if result.outcome is Outcome.OUT_OF_BOUNDS), None)
    if late:
        return late.outcome, late.sentence, (cause(late.answer.failure), _example(exercise, late)), ""
    mutant, explained = recognise(exercise, failed)
    if mutant:
        part = f"That explains {explained} of the {len(failed)} inputs that fail. Mend it first, then look again."
        more = () if explained == len(failed) else (part,)
        return Outcome.WRONG, mutant.sentence, (*more, _example(exercise, failed[0])), mutant.name
    crashes = [result for result in failed if result.outcome is Outcome.CRASHED]
    if crashes:
        pattern = _pattern(results, "stops")
        details = tuple(filter(None, (cause(crashes[0].answer.failure), pattern, _example(exercise, crashes[0]))))
        return Outcome.CRASHED, crashes[0].sentence, details, ""
    sentence = f"{_pattern(results, 'wrong')} {failed[0].sentence}".strip()
    return Outcome.WRONG, sentence, (_example(exercise, failed[0]),), ""


def recognise(exercise: Exercise, failed: Sequence[ProbeResult]) -> tuple[Mutant | None, int]:
    """The one mistake that the results show, and how many of the failed probes it explains.

    A mutant is named if the results agree with its own on at least two probes where every other mutant gives something
    else, and no other mutant does so.
    """
    comparable = [result for result in failed if result.got is not None]
    outcomes = {
        mutant: [_produce(exercise, mutant, result.probe) for result in comparable] for mutant in exercise.mutants
    }
    named = []
    for mutant, own in outcomes.items():
        others = [theirs for other, theirs in outcomes.items() if other is not mutant]
        agrees = [k for k, result in enumerate(comparable) if _same(result.got, own[k], exercise.tolerance)]
        telling = [k for k in agrees if not any(_same(own[k], theirs[k], exercise.tolerance) for theirs in others)]
        if len(telling) >= 2:
            named.append((mutant, len(agrees)))
    return named[0] if len(named) == 1 else (None, 0)


def _same(a: np.ndarray | None, b: np.ndarray | None, tolerance: float) -> bool:
    return a is not None and b is not None and close(a, b, tolerance)


def _pattern(results: Sequence[ProbeResult], what: str) -> str:
    """A sentence if exactly the probes with one trait fail."""
    failed = [result.outcome is not Outcome.RIGHT for result in results]
    for trait in dict.fromkeys(trait for result in results for trait in result.probe.traits):
        if not all(failed) and failed == [trait in result.probe.traits for result in results]:
            return f"Right with {trait.plain}, but {what} with {trait.special}."
    return ""


def _example(exercise: Exercise, result: ProbeResult) -> str:
    return f'First input that fails, "{result.probe.label}": `{exercise.describe(result.probe)}`.'


def _notes(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Kind remarks on the answers, each once."""
    changed = dict.fromkeys(name for answer in answers for name in answer.changed)
    notes = [
        f"The function writes into `{name}`, an array of its caller, who may still need it: work on a copy, "
        f"`{name} = {name}.copy()`. It costs no points."
        for name in changed
    ]
    return tuple(notes + list(dict.fromkeys(remark for answer in answers for remark in answer.remarks)))


def _unasked(exercise: Exercise, outcome: Outcome, sentence: str, seed: int) -> Verdict:
    """A verdict on a function that was not called, or never began."""
    return Verdict(exercise.name, outcome, sentence, (), "", 0, exercise.points, (), (), seed)
