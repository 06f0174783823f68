"""The kill table: what the checks make of every known mistake."""

from collections.abc import Iterable, Sequence

from convlab.grading.definition import Exercise
from convlab.grading.engine import diagnose
from convlab.grading.exercises import EXERCISES
from convlab.grading.verdict import Outcome


def kill_table(exercises: Iterable[Exercise] | None = None, seeds: Sequence[int] = (0, 1, 2)) -> str:
    """Every exercise's right answer and mutants, how often each fails, and how often it is named by its own sentence.

    Parameters
    ----------
    exercises : all of the course unless given
    seeds : each draws its own probes

    Returns
    -------
    text, a Markdown table and a line of totals
    """
    lines = ["| exercise | answer | failed | named |", "| --- | --- | --- | --- |"]
    total = killed = named = 0
    for exercise in EXERCISES.values() if exercises is None else exercises:
        passed = sum(diagnose(exercise, exercise.reference, seed).outcome is Outcome.RIGHT for seed in seeds)
        lines.append(f"| {exercise.name} | (the right one) | {len(seeds) - passed} of {len(seeds)} | |")
        for mutant in exercise.mutants:
            verdicts = [diagnose(exercise, mutant.function, seed) for seed in seeds]
            fails = sum(verdict.outcome is not Outcome.RIGHT for verdict in verdicts)
            names = sum(verdict.mutant == mutant.name for verdict in verdicts)
            lines.append(f"| {exercise.name} | {mutant.name} | {fails} of {len(seeds)} | {names} of {len(seeds)} |")
            total, killed, named = total + 1, killed + (fails == len(seeds)), named + (names == len(seeds))
    return "\n".join([*lines, "", f"{total} mistakes: {killed} always fail, {named} are always named."])
