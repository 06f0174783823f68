"""The kill table: every mistake fails, and at least nine in ten are named; the committed page is that of the code."""

from every import ROOT, SEEDS, kills

from convlab.grading import Exercise, Mutant
from convlab.grading.exercises import EXERCISES
from convlab.grading.kills import SEEDS as PAGE_SEEDS
from convlab.grading.kills import as_page, kill_table


def test_the_committed_page_is_current():
    page = as_page([kills(name) for name in EXERCISES])
    assert SEEDS == PAGE_SEEDS
    assert (ROOT / "docs" / "kill_table.md").read_text(encoding="utf-8") == page + "\n", (
        "docs/kill_table.md is not that of the exercises: python -m convlab.grading.kills > docs/kill_table.md"
    )


def test_every_mistake_of_the_course_fails_and_nine_in_ten_are_named():
    each = [kills(name) for name in EXERCISES]
    total = sum(len(exercise.mutants) for exercise in EXERCISES.values())
    assert total == sum(one.always_failed for one in each)
    assert sum(one.always_named for one in each) >= 0.9 * total


def test_a_mistake_that_survives_is_counted():
    right = EXERCISES["conv1d"]
    survivor = Mutant("no mistake", right.reference, "Nothing is wrong.")
    page = kill_table([Exercise(**{**fields(right), "mutants": (*right.mutants, survivor)})], seeds=(0,))
    assert "1 exercises, 8 mistakes: 7 always fail, 7 are always named." in page
    assert "| 03 | conv1d | 1 of 1 | 8 | 7 | 7 |" in page
    assert "| no mistake | 0 | 0 |" in page
    assert "| kernel flipped | 1 | 1 |" in page


def fields(exercise):
    return {name: getattr(exercise, name) for name in Exercise.__dataclass_fields__}


def test_names_are_unique_across_lessons():
    from convlab.grading import exercises

    lessons = [module for name, module in vars(exercises).items() if name.startswith(("lesson_", "questions_"))]
    assert len(lessons) >= 2
    count = lambda kind: sum(len(getattr(lesson, kind, ())) for lesson in lessons)
    assert len(exercises.EXERCISES) == count("EXERCISES")
    assert len(exercises.QUESTIONS) == count("QUESTIONS")
