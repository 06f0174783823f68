"""The words for verdicts, predictions, hints and progress, as cards."""

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
    Outcome.NOT_ATTEMPTED: (cards.NEUTRAL, "not attempted yet"),
}


def verdict_card(verdict: Verdict) -> Card:
    """A verdict in words."""
    tone, word = WORDS[verdict.outcome]
    title = f"{verdict.exercise}: {word} ({verdict.points} of {verdict.max_points} practice points)"
    paragraphs = [verdict.sentence, *verdict.details, *verdict.notes]
    if verdict.outcome in (Outcome.WRONG, Outcome.CRASHED):
        paragraphs.append(f'For a hint: `check.hint("{verdict.exercise}")`')
    folds = []
    if verdict.failed:
        passed = len(verdict.results) - len(verdict.failed)
        rows = [(result.probe.label, str(result.outcome), result.sentence) for result in verdict.results]
        folds.append(Fold(f"Input by input: {passed} of {len(rows)} right", rows=rows))
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


def hint_card(exercise: Exercise, level: int, again: bool) -> Card:
    """One hint of three; `again` if the learner has seen them all."""
    last = ("That was the last hint. Write down one window by hand, then compare it with your code.",) * again
    more = (f'The next one: `check.hint("{exercise.name}")`',) * (level < 3)
    return Card(cards.NEUTRAL, f"{exercise.name}: hint {level} of 3", (exercise.hints[level - 1], *last, *more))


def progress_card(state: State) -> Card:
    """Exercises and predictions of every lesson, with what is still open."""
    solved = [e for e in EXERCISES.values() if state["exercises"].get(e.name, {}).get("solved")]
    points, most = sum(e.points for e in solved), sum(e.points for e in EXERCISES.values())
    title = f"{len(solved)} of {len(EXERCISES)} exercises solved, {points} of {most} practice points"
    lessons = sorted({e.lesson for e in EXERCISES.values()} | {q.lesson for q in QUESTIONS.values()})
    folds = tuple(_lesson_fold(state, lesson) for lesson in lessons)
    tone = cards.RIGHT if len(solved) == len(EXERCISES) else cards.NEUTRAL
    return Card(tone, title, (), folds, open=True)


def _lesson_fold(state: State, lesson: str) -> Fold:
    rows = [_exercise_row(state, e) for e in EXERCISES.values() if e.lesson == lesson]
    questions = [q.id for q in QUESTIONS.values() if q.lesson == lesson]
    made = [state["predictions"][q] for q in questions if q in state["predictions"]]
    first = sum(entry["first_right"] for entry in made)
    return Fold(f"Lesson {lesson}: {len(made)} of {len(questions)} predictions made, {first} right at once", rows=rows)


def _exercise_row(state: State, exercise: Exercise) -> tuple[str, ...]:
    points = f"{exercise.points} points"
    hints = state["hints"].get(exercise.name, {"seen": 0})["seen"]
    helped = _count(hints, "hint", "hints") if hints else ""
    entry = state["exercises"].get(exercise.name)
    if entry is None:
        return cards.NEUTRAL.sign, exercise.name, "open", points, "", helped
    tone, words = (cards.RIGHT, "solved") if entry["solved"] else (cards.WRONG, entry["mistake"] or entry["outcome"])
    return tone.sign, exercise.name, words, points, _count(entry["attempts"], "try", "tries"), helped


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
