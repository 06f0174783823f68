"""The learner's progress on the front page: right numbers, a picture that any reader of SVG takes."""

import xml.etree.ElementTree as ElementTree

import pytest

from convlab.grading import progress
from convlab.grading.exercises import EXERCISES, QUESTIONS
from convlab.grading.progress_picture import sentence, svg, tallies

LESSONS = {"03": "Convolution", "04": "Sizes < & strides"}


def of_lesson(things, lesson):
    return [name for name, thing in things.items() if thing.lesson == lesson]


@pytest.fixture
def state():
    """All of lesson 03 is done, and one try of lesson 04 failed."""
    state = progress.empty()
    for name in of_lesson(QUESTIONS, "03"):
        state["predictions"][name] = {"first_right": False, "right": True}
    for name in of_lesson(EXERCISES, "03"):
        state["exercises"][name] = {"attempts": 2, "solved": True, "outcome": "right", "mistake": ""}
    failed = of_lesson(EXERCISES, "04")[0]
    state["exercises"][failed] = {"attempts": 1, "solved": False, "outcome": "wrong", "mistake": ""}
    return state


def test_what_is_done_is_counted(state):
    done, begun = tallies(state, LESSONS)
    assert (done.made, done.solved) == (done.questions, done.exercises) == (done.questions, 4)
    assert (begun.made, begun.solved) == (0, 0) and begun.exercises == len(of_lesson(EXERCISES, "04"))


def test_the_sentence_says_where_to_go_on(state):
    assert sentence(progress.empty(), LESSONS).endswith("next: 03 Convolution")
    assert sentence(state, LESSONS).endswith("next: 04 Sizes < & strides")
    assert sentence(state, {"03": "Convolution"}).endswith("all is done")


def test_the_picture_is_well_formed_and_says_what_it_shows(state):
    tree = ElementTree.fromstring(svg(state, LESSONS))
    texts = [element.text for element in tree.iter() if element.text and element.text.strip()]
    assert tree.get("aria-label") == sentence(state, LESSONS) and "04  Sizes < & strides" in texts
    widths = [float(rect.get("width")) for rect in tree.findall("{http://www.w3.org/2000/svg}rect")[1:]]
    grey, blue = widths[::2], widths[1::2]
    assert blue == [grey[0], grey[1], 0, 0]  # predictions and exercises of 03, then of 04
