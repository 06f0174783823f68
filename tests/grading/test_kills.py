"""The kill table: every mistake fails, and at least nine in ten are named."""

import re

from convlab.grading import Exercise, Mutant, kill_table
from convlab.grading.exercises import EXERCISES


def test_every_mistake_of_the_course_fails_and_is_named():
    table = kill_table(seeds=(100,))
    total, killed, named = map(int, re.search(r"(\d+) mistakes: (\d+) always fail, (\d+) are always", table).groups())
    assert total == sum(len(exercise.mutants) for exercise in EXERCISES.values()) == killed
    assert named >= 0.9 * total
    assert "| conv2d | (the right one) | 0 of 1 | |" in table
    assert "| conv2d | kernel flipped | 1 of 1 | 1 of 1 |" in table


def test_a_mistake_that_survives_is_counted():
    right = EXERCISES["conv1d"]
    survivor = Mutant("no mistake", right.reference, "Nothing is wrong.")
    table = kill_table([Exercise(**{**fields(right), "mutants": (*right.mutants, survivor)})], seeds=(0,))
    assert "| conv1d | no mistake | 0 of 1 | 0 of 1 |" in table
    assert table.endswith("8 mistakes: 7 always fail, 7 are always named.")


def fields(exercise):
    return {name: getattr(exercise, name) for name in Exercise.__dataclass_fields__}


def test_names_are_unique_across_lessons():
    from convlab.grading import exercises

    lessons = [module for name, module in vars(exercises).items() if name.startswith(("lesson_", "questions_"))]
    assert len(lessons) >= 2
    count = lambda kind: sum(len(getattr(lesson, kind, ())) for lesson in lessons)
    assert len(exercises.EXERCISES) == count("EXERCISES")
    assert len(exercises.QUESTIONS) == count("QUESTIONS")
