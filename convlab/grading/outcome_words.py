"""The words, signs and colours of outcomes, for the terminal and for reports."""

from dataclasses import dataclass

from convlab.grading import card as cards
from convlab.grading.card import Card, Fold, Tone
from convlab.grading.entry import Entry
from convlab.grading.verdict import Outcome


@dataclass(frozen=True)
class Look:
    """How an outcome is shown: a sign and a word always, and a colour (CSS class; on light and dark pages) besides."""

    sign: str
    word: str
    css: str
    light: str
    dark: str


# Okabe and Ito, Color Universal Design (2008); lighter on dark pages. The signs tell them apart without colour.
LOOKS = {
    Outcome.RIGHT: Look("✓", "right", "right", "#0072B2", "#56B4E9"),
    Outcome.WRONG: Look("✗", "not right", "wrong", "#C24E00", "#F0884A"),
    Outcome.CRASHED: Look("!", "stopped with an error", "crashed", "#A8487F", "#DE9BC2"),
    Outcome.OUT_OF_BOUNDS: Look("∞", "out of time or memory", "bounds", "#8A6100", "#E6B432"),
    Outcome.NOT_ATTEMPTED: Look("–", "not attempted", "open", "#6B6B6B", "#A6A6A6"),
    Outcome.GRADER_ERROR: Look("?", "grader error", "unknown", "#222222", "#F2F2F2"),
}
TONES = {Outcome.RIGHT: cards.RIGHT, Outcome.NOT_ATTEMPTED: cards.NEUTRAL}


def entry_card(entry: Entry) -> Card:
    """An entry for the terminal."""
    look = LOOKS[entry.outcome]
    tone = TONES.get(entry.outcome, Tone(look.sign, look.light))
    got = "not counted" if entry.points is None else f"{entry.points} of {entry.max_points} points"
    rows = [row for row in entry.inputs if row[1] != Outcome.RIGHT]
    folds = (Fold(f"Inputs that fail: {len(rows)} of {len(entry.inputs)}", rows=rows),) if rows else ()
    paragraphs = (entry.sentence, *entry.details, *entry.notes)
    return Card(tone, f"{entry.exercise}: {look.word} ({got})", paragraphs, folds, open=False)
