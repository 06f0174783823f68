"""The words for verdicts, predictions, hints and progress, as cards."""

from collections.abc import Sequence

from convlab.grading import card as cards
from convlab.grading.card import Card, Fold
from convlab.grading.definition import Exercise, Question
from convlab.grading.exercises import EXERCISES, QUESTIONS
from convlab.grading.prediction import Reaction
from convlab.grading.progress import State
from convlab.grading.verdict import Outcome, Verdict

WORDS = {
    Outcome.RIGHT: (cards.RIGHT, "right"),
    Outcome.WRONG: (cards.WRONG, "not right yet"),
    Outcome.CRASHED: (cards.WRONG, "stopped with an error"),
    Outcome.OUT_OF_BOUNDS: (cards.WRONG, "did not come to an end"),
    Outcome.NOT_ATTEMPTED: (cards.NEUTRAL, "not attempted yet"),
}


def verdict_card(verdict: Verdict) -> Card:
    """A verdict in words."""
    tone, word = WORDS[verdict.outcome]
    title = f"{verdict.exercise}: {word} ({verdict.points} of {verdict.max_points} practice points)"
    paragraphs = [verdict.sentence, *verdict.details, *verdict.notes]
    if verdict.outcome in (Outcome.WRONG, Outcome.CRASHED, Outcome.OUT_OF_BOUNDS):
        paragraphs.append(f'For a hint: `check.hint("{verdict.exercise}")`')
    folds = []
    if verdict.failed:
        passed = len(verdict.results) - len(verdict.failed)
        rows = [(result.probe.label, str(result.outcome), result.sentence) for result in verdict.results]
        folds.append(Fold(f"Input by input: {passed} of {len(rows)} right", rows=rows))
        failure = next((result.answer.failure for result in verdict.failed if result.answer.failure), None)
        if failure and failure.full:
            folds.append(Fold(f"The whole message of {'Numba' if failure.compiling else 'Python'}", text=failure.full))
        if printed := verdict.failed[0].answer.printed.strip():
            folds.append(Fold("What your function printed for the first input that fails", text=printed))
    return Card(tone, title, tuple(paragraphs), tuple(folds))


def reaction_card(question: Question, reaction: Reaction) -> Card:
    """The reply to a prediction."""
    if reaction.right is None:
        return Card(cards.NEUTRAL, f"{question.id}: {question.prompt}", (reaction.sentence,))
    if reaction.right:
        return Card(cards.RIGHT, f"{question.id}: as you predicted", (reaction.sentence,))
    return Card(cards.WRONG, f"{question.id}: not quite", (reaction.sentence, "Guess again, or run on and compare."))


def waiting_card(name: str) -> Card:
    """Shown while compiled code runs, which nothing can stop; the verdict takes its place."""
    words = (
        "Compiled code cannot be stopped from here. If this line stays for long, a loop in it does not end: choose "
        "Kernel, Restart Kernel, and look at its conditions."
    )
    return Card(cards.NEUTRAL, f"{name}: compiling and checking", (words,))


def hint_card(exercise: Exercise, level: int, again: bool) -> Card:
    """One hint of three; `again` if the learner has seen them all."""
    last = ("That was the last hint. Write down one window by hand, then compare it with your code.",) * again
    more = (f'The next one: `check.hint("{exercise.name}")`',) * (level < 3)
    return Card(cards.NEUTRAL, f"{exercise.name}: hint {level} of 3", (exercise.hints[level - 1], *last, *more))


def progress_card(state: State) -> Card:
    """What is done, what is next, and lesson by lesson what is still open; lessons in hand are unfolded."""
    solved = [e for e in EXERCISES.values() if _solved(state, e)]
    points, most = sum(e.points for e in solved), sum(e.points for e in EXERCISES.values())
    title = f"{len(solved)} of {len(EXERCISES)} exercises solved, {points} of {most} practice points"
    lessons = sorted({e.lesson for e in EXERCISES.values()} | {q.lesson for q in QUESTIONS.values()})
    folds = tuple(_lesson_fold(state, lesson) for lesson in lessons)
    done = len(solved) == len(EXERCISES)
    paragraphs = (_complete(state), "" if done else _next(state))
    tone = cards.RIGHT if done else cards.NEUTRAL
    return Card(tone, title, tuple(filter(None, paragraphs)), folds, outline=True, share=points / most)


def _solved(state: State, exercise: Exercise) -> bool:
    return state["exercises"].get(exercise.name, {}).get("solved", False)


def _complete(state: State) -> str:
    """Which lessons are complete, and how many in a row."""
    lessons = sorted({e.lesson for e in EXERCISES.values()})
    complete = [all(_solved(state, e) for e in EXERCISES.values() if e.lesson == lesson) for lesson in lessons]
    if not any(complete):
        return "A lesson is complete when all of its exercises are solved."
    names = [lesson for lesson, is_complete in zip(lessons, complete) if is_complete]
    row = _longest_row(complete)
    said = f"{_count(len(names), 'lesson', 'lessons')} complete: {', '.join(names)}."
    if row.stop - row.start < 2:
        return said
    return f"{said} {row.stop - row.start} in a row, from {lessons[row.start]} to {lessons[row.stop - 1]}."


def _longest_row(complete: Sequence[bool]) -> range:
    """The longest row of neighbours that are all complete, the last of equals."""
    longest, start = range(0), 0
    for place, is_complete in enumerate(complete):
        start = start if is_complete else place + 1
        if place + 1 - start >= len(longest):
            longest = range(start, place + 1)
    return longest


def _next(state: State) -> str:
    exercise = next(e for e in EXERCISES.values() if not _solved(state, e))
    tried = "go on with" if exercise.name in state["exercises"] else "begin"
    return f"Next: {tried} `{exercise.name}` of lesson {exercise.lesson}, {_count(exercise.points, 'point', 'points')}."


def _lesson_fold(state: State, lesson: str) -> Fold:
    exercises = [e for e in EXERCISES.values() if e.lesson == lesson]
    points, most = sum(e.points for e in exercises if _solved(state, e)), sum(e.points for e in exercises)
    questions = [q.id for q in QUESTIONS.values() if q.lesson == lesson]
    made = [state["predictions"][q] for q in questions if q in state["predictions"]]
    first = sum(entry["first_right"] for entry in made)
    said = [f"{points} of {most} points"] * bool(exercises)
    said += [f"{len(made)} of {len(questions)} predictions made"] * bool(questions)
    said += [f"{first} right at once"] * bool(made)
    begun = any(e.name in state["exercises"] or e.name in state["hints"] for e in exercises)
    share = (points / most) if most else len(made) / len(questions)
    rows = [_exercise_row(state, e) for e in exercises]
    return Fold(f"Lesson {lesson}: {', '.join(said)}", rows=rows, open=begun and points < most, share=share)


def _exercise_row(state: State, exercise: Exercise) -> tuple[str, ...]:
    points = _count(exercise.points, "point", "points")
    hints = state["hints"].get(exercise.name, {"seen": 0})["seen"]
    helped = _count(hints, "hint", "hints") if hints else ""
    entry = state["exercises"].get(exercise.name)
    if entry is None:
        return cards.NEUTRAL.sign, exercise.name, "open", points, "", helped
    tone, words = (cards.RIGHT, "solved") if entry["solved"] else (cards.WRONG, entry["mistake"] or entry["outcome"])
    return tone.sign, exercise.name, words, points, _count(entry["attempts"], "try", "tries"), helped


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
