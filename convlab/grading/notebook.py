"""The notebook door: `check`. It asks the engine, remembers progress, and says the result in words and a picture.

Code that never ends is stopped after the exercise's time, if Python runs it (`convlab.grading.limit`). Compiled code cannot
be stopped; a line in the place of the verdict says so while it runs.

This is practice: it runs in the learner's own kernel, and its points are never a grade. The probes are the same at
every call, so that the picture changes only when the answer does, and a saved notebook reads the same on every machine.
"""

import base64
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from convlab.errors import ArgumentError, StateError
from convlab.grading import card as cards
from convlab.grading import messages, picture, progress
from convlab.grading.calling import is_compiled
from convlab.grading.definition import Question
from convlab.grading.engine import diagnose
from convlab.grading.exercises import find, find_question
from convlab.grading.prediction import Reaction, react
from convlab.grading.progress import State
from convlab.grading.verdict import Outcome, Verdict


class Check:
    """The learner's checker. One object, `check`, serves the course.

    `check("conv2d", conv2d)` checks a function, `check.predict(id, answer)` a prediction; `check.hint(name)` gives the
    next of three hints; `check.progress()` shows what is done. All of them show their answer and return None; none of
    them raises, whatever it is given.
    """

    def __init__(self) -> None:
        self._unsaved = progress.empty()  # stands in for the progress file while the disk refuses it
        self._last = ""  # the exercise checked last, for a hint

    def __call__(self, name: str, function: Callable[..., Any] = ..., *, seed: int = 3) -> None:
        """Check a function against the exercise of that name. Another seed draws other inputs."""
        try:
            exercise = find(name)
        except ArgumentError as error:
            return _print(str(error))
        self._last = name
        place = _announce(name) if _in_notebook() and is_compiled(function) else None
        verdict = diagnose(exercise, function, seed)
        _show(messages.verdict_card(verdict), self._remember(lambda state: _note_verdict(state, verdict)), place)
        if verdict.failed and _in_notebook() and (drawn := picture.draw(exercise, verdict)):
            _show_picture(*drawn)
        return None

    def predict(self, question_id: str, answer: Any = ...) -> None:
        """Compare a prediction with the answer, and say what follows from it. `...` is no prediction yet."""
        try:
            question = find_question(question_id)
        except ArgumentError as error:
            return _print(str(error))
        reaction, trouble = react(question, answer), ""
        if reaction.right is not None:
            trouble = self._remember(lambda state: _note_prediction(state, question, reaction))
        return _show(messages.reaction_card(question, reaction), trouble)

    def hint(self, name: str = "", level: int | None = None) -> None:
        """The next hint for an exercise (the one checked last, unless named), or the one of a level from 1 to 3."""
        name = name or self._last
        if not name:
            return _print('check.hint: name the exercise, as in check.hint("conv2d")')
        try:
            exercise = find(name)
        except ArgumentError as error:
            return _print(str(error))
        if level is not None and (not isinstance(level, int) or level not in (1, 2, 3)):
            return _print("check.hint: the level must be 1, 2 or 3")
        seen = 0

        def note(state: State) -> None:
            nonlocal seen
            seen = state["hints"].get(name, {"seen": 0})["seen"]
            state["hints"][name] = {"seen": min(3, max(seen, level or seen + 1))}

        trouble = self._remember(note)
        card = messages.hint_card(exercise, level or min(3, seen + 1), again=level is None and seen >= 3)
        return _show(card, trouble)

    def progress(self) -> None:
        """What is done, lesson by lesson."""
        try:
            state, trouble = progress.read(), ""
        except StateError as error:
            state, trouble = self._unsaved, str(error)
        _show(messages.progress_card(state), trouble)

    def _remember(self, change: Callable[[State], None]) -> str:
        """Store a change of the progress; what went wrong, in words, if it cannot be stored."""
        try:
            progress.update(change)
        except StateError as error:
            change(self._unsaved)
            return f"{error}; this counts all the same, but is not remembered."
        return ""


def _note_verdict(state: State, verdict: Verdict) -> None:
    if verdict.outcome is Outcome.NOT_ATTEMPTED:
        return
    before = state["exercises"].get(verdict.exercise, {"attempts": 0, "solved": False})
    state["exercises"][verdict.exercise] = {
        "attempts": before["attempts"] + (not before["solved"]),
        "solved": before["solved"] or verdict.outcome is Outcome.RIGHT,
        "outcome": str(verdict.outcome),
        "mistake": verdict.mutant,
    }


def _note_prediction(state: State, question: Question, reaction: Reaction) -> None:
    before = state["predictions"].get(question.id, {"first_right": reaction.right, "right": False})
    state["predictions"][question.id] = {
        "first_right": before["first_right"],
        "right": before["right"] or bool(reaction.right),
    }


def _in_notebook() -> bool:
    """True in a Jupyter kernel, which can show HTML and pictures."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def _announce(name: str) -> str:
    """Say that compiled code is about to run; the name of the place on the page, for the verdict to take it."""
    place = f"convlab-{uuid.uuid4().hex}"
    _show(messages.waiting_card(name), place=place, is_new=True)
    time.sleep(0.05)  # lets the kernel's other threads send it, before compiled code takes the processor
    return place


def _show(card: cards.Card, trouble: str = "", place: str | None = None, is_new: bool = False) -> None:
    """A card as the environment can show it, with what went wrong in storing it; in a place of its own if it has one."""
    if trouble:
        card = replace(card, paragraphs=(*card.paragraphs, trouble))
    if _in_notebook():
        _publish({"text/plain": cards.as_text(card), "text/html": cards.as_html(card)}, {}, place, is_new)
    else:
        _print(cards.as_text(card))


def _show_picture(png: bytes, words: str) -> None:
    image = base64.b64encode(png).decode("ascii")
    _publish({"text/plain": words, "image/png": image}, {"image/png": {"alt": words}})


def _publish(data: dict[str, str], metadata: dict[str, Any], place: str | None = None, is_new: bool = True) -> None:
    from IPython.display import display, update_display

    if place is None:
        display(data, metadata=metadata, raw=True)
    elif is_new:
        display(data, metadata=metadata, raw=True, display_id=place)
    else:
        update_display(data, metadata=metadata, raw=True, display_id=place)


def _print(text: str) -> None:
    """Print, in ASCII where the terminal knows no more."""
    try:
        print(text)
    except UnicodeEncodeError:
        for tone, sign in ((cards.RIGHT, "+"), (cards.WRONG, "x"), (cards.NEUTRAL, ".")):
            text = text.replace(tone.sign, sign)
        print(text.encode("ascii", "replace").decode("ascii"))


check = Check()
