"""The learner's progress as a picture for the front page of the course.

Lesson 00 shows `progress.svg` from its own folder. `convlab lab` draws it anew at each start, so it is seen without running
a cell and without a change to the notebook.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass

from convlab.grading.exercises import EXERCISES, QUESTIONS
from convlab.grading.progress import State

WIDTH, ROW, TOP = 720, 28, 62  # pixels
BAR = 130
DONE, OPEN, INK, FAINT = "#0072B2", "#E3E3E3", "#222222", "#595959"


@dataclass(frozen=True)
class Tally:
    """What is done of a lesson: predictions made and exercises solved, each with how many there are."""

    lesson: str
    made: int
    questions: int
    solved: int
    exercises: int

    @property
    def complete(self) -> bool:
        return self.made == self.questions and self.solved == self.exercises


def tallies(state: State, lessons: Mapping[str, str]) -> list[Tally]:
    """One tally for each lesson number, in order."""

    def tally(lesson: str) -> Tally:
        questions = [question.id for question in QUESTIONS.values() if question.lesson == lesson]
        exercises = [exercise.name for exercise in EXERCISES.values() if exercise.lesson == lesson]
        made = sum(name in state["predictions"] for name in questions)
        solved = sum(state["exercises"].get(name, {}).get("solved", False) for name in exercises)
        return Tally(lesson, made, len(questions), solved, len(exercises))

    return [tally(lesson) for lesson in sorted(lessons)]


def sentence(state: State, lessons: Mapping[str, str]) -> str:
    """What is done in one line, and where to go on: at the first lesson with something open."""
    rows = tallies(state, lessons)
    done = (
        f"{sum(row.made for row in rows)} of {sum(row.questions for row in rows)} predictions made, "
        f"{sum(row.solved for row in rows)} of {sum(row.exercises for row in rows)} exercises solved"
    )
    following = next((row.lesson for row in rows if not row.complete), None)
    return f"{done}; next: {following} {lessons[following]}" if following else f"{done}: all is done"


def svg(state: State, lessons: Mapping[str, str]) -> str:
    """The picture: a line for each lesson with two bars, and the sentence above them.

    Parameters
    ----------
    state : of `progress.read()`
    lessons : titles by number, as {"03": "Convolution"}
    """
    rows, said = tallies(state, lessons), html.escape(sentence(state, lessons))
    height = TOP + ROW * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{said}" font-family="sans-serif" font-size="14">',
        f"<title>{said}</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="white"/>',
        _text(16, 26, said, INK, "bold"),
        _text(410, 50, "predictions", FAINT),
        _text(570, 50, "exercises", FAINT),
    ]
    for place, row in enumerate(rows):
        y = TOP + ROW * place
        parts.append(_text(16, y + 14, f"{row.lesson}  {html.escape(lessons[row.lesson])}", INK))
        parts += _bar(410, y, row.made, row.questions)
        parts += _bar(570, y, row.solved, row.exercises)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(x: int, y: int, text: str, colour: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}" xml:space="preserve">{text}</text>'


def _bar(x: int, y: int, done: int, all_of_them: int) -> list[str]:
    """A bar with its numbers; nothing where there is nothing to do."""
    if not all_of_them:
        return []
    full = BAR - 50
    return [
        f'<rect x="{x}" y="{y + 4}" width="{full}" height="12" rx="3" fill="{OPEN}"/>',
        f'<rect x="{x}" y="{y + 4}" width="{full * done / all_of_them:.1f}" height="12" rx="3" fill="{DONE}"/>',
        _text(x + full + 8, y + 14, f"{done}/{all_of_them}", INK),
    ]
