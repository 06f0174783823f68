"""The kill table: what the checks make of every known mistake. `python -m convlab.grading.kills` prints it.

It is kept in `docs/kill_table.md`, which a test compares with the exercises:

    python -m convlab.grading.kills > docs/kill_table.md
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convlab.grading.definition import Exercise
from convlab.grading.engine import diagnose
from convlab.grading.exercises import EXERCISES
from convlab.grading.verdict import Outcome

SEEDS = (0, 1, 2)
PREFACE = """# Kill table

Every exercise carries a bank of wrong answers that learners really give. A check is worth something if each of them fails,
and helps if each is told by its own sentence. This page is made by `python -m convlab.grading.kills`, on inputs drawn afresh
from {seeds} seeds; a test compares it with the exercises. *Failed* and *named* count the seeds on which a wrong answer got no
points, and was recognised as the mistake that it is."""


@dataclass(frozen=True)
class Kill:
    """One known mistake: on how many seeds it failed, and on how many it was named by its own sentence."""

    name: str
    failed: int
    named: int


@dataclass(frozen=True)
class Kills:
    """One exercise: on how many of the seeds its right answer is right, and its mistakes."""

    exercise: Exercise
    seeds: int
    right: int
    mistakes: tuple[Kill, ...]

    @property
    def always_failed(self) -> int:
        """Mistakes that failed on every seed."""
        return sum(mistake.failed == self.seeds for mistake in self.mistakes)

    @property
    def always_named(self) -> int:
        """Mistakes that were named on every seed."""
        return sum(mistake.named == self.seeds for mistake in self.mistakes)


def kills_of(exercise: Exercise, seeds: Sequence[int] = SEEDS) -> Kills:
    """What the checks make of an exercise's right answer and of its mistakes; each seed draws its own inputs."""
    right = sum(diagnose(exercise.numbers_only, exercise.reference, seed).outcome is Outcome.RIGHT for seed in seeds)
    mistakes = []
    for mutant in exercise.mutants:
        verdicts = [diagnose(exercise, mutant.function, seed) for seed in seeds]
        failed = sum(verdict.outcome is not Outcome.RIGHT for verdict in verdicts)
        named = sum(verdict.mutant == mutant.name for verdict in verdicts)
        mistakes.append(Kill(mutant.name, failed, named))
    return Kills(exercise, len(seeds), right, tuple(mistakes))


def kill_table(exercises: Iterable[Exercise] | None = None, seeds: Sequence[int] = SEEDS) -> str:
    """The table of the given exercises, or of all of the course, as a page of Markdown."""
    return as_page([kills_of(exercise, seeds) for exercise in (exercises or EXERCISES.values())])


def as_page(kills: Sequence[Kills]) -> str:
    """A page of Markdown: the totals, one line for each exercise, then one for each mistake."""
    total = sum(len(each.mistakes) for each in kills)
    failed, named = sum(each.always_failed for each in kills), sum(each.always_named for each in kills)
    lines = [PREFACE.format(seeds=kills[0].seeds if kills else 0), ""]
    lines += [f"{len(kills)} exercises, {total} mistakes: {failed} always fail, {named} are always named.", ""]
    lines += ["| lesson | exercise | right answer passes | mistakes | always fail | always named |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for each in kills:
        numbers = f"{len(each.mistakes)} | {each.always_failed} | {each.always_named}"
        lines.append(f"| {each.exercise.lesson} | {each.exercise.name} | {each.right} of {each.seeds} | {numbers} |")
    for each in kills:
        lines += ["", f"## {each.exercise.name}", "", f"`{each.exercise.signature}`", ""]
        lines += ["| mistake | failed | named |", "| --- | --- | --- |"]
        lines += [f"| {kill.name} | {kill.failed} | {kill.named} |" for kill in each.mistakes]
    return "\n".join(lines)


if __name__ == "__main__":
    print(kill_table())
