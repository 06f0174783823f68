"""What a check says, as plain text and as HTML. All that comes from a learner is escaped here, and only here.

Right and wrong are told by a sign and a word as well as by colour, and the two colours (blue, vermilion) differ for
every kind of colour vision: Okabe and Ito, Color Universal Design (2008).
"""

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100


@dataclass(frozen=True)
class Tone:
    """The sign and the colour of a card."""

    sign: str
    colour: str


RIGHT = Tone("✓", "#0072B2")
WRONG = Tone("✗", "#D55E00")
NEUTRAL = Tone("…", "#767676")


@dataclass(frozen=True)
class Fold:
    """Something to open on demand: a text as it is, or rows of cells. `share` draws a bar, full at 1."""

    title: str
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    open: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Card:
    """A heading, paragraphs (`...` marks code) and what is folded away; plain text shows only open folds.

    share : draws a bar under the heading, full at 1
    open : all folds are
    outline : plain text shows the titles of closed folds too
    """

    tone: Tone
    title: str
    paragraphs: tuple[str, ...] = ()
    folds: tuple[Fold, ...] = ()
    open: bool = False
    outline: bool = False
    share: float | None = None


def as_text(card: Card) -> str:
    """For a terminal, a log or a script."""
    lines = [f"{card.tone.sign} {card.title}"]
    lines += [textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ") for text in card.paragraphs]
    for fold in card.folds:
        if card.open or card.outline or fold.open:
            lines.append(f"  {fold.title}")
        if card.open or fold.open:
            lines += _text_rows(fold.rows)
            lines += textwrap.indent(fold.text, "    ").splitlines()
    return "\n".join(lines)


def _text_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def as_html(card: Card) -> str:
    """For a notebook, light or dark: the text keeps the page's own colour."""
    colour = card.tone.colour
    parts = [
        f'<div style="border-left: 5px solid {colour}; padding: 4px 0 4px 12px; margin: 4px 0; max-width: 50em">',
        f'<div style="font-weight: bold"><span style="color: {colour}" aria-hidden="true">{card.tone.sign}</span> '
        f"{_marked(card.title)}</div>",
    ]
    parts += [_bar_html(card.share, "100%")] if card.share is not None else []
    parts += [f'<div style="margin-top: 6px">{_marked(text)}</div>' for text in card.paragraphs]
    parts += [_fold_html(fold, card.open or fold.open) for fold in card.folds]
    return "\n".join([*parts, "</div>"])


def _marked(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _bar_html(share: float, width: str) -> str:
    """A bar that is as full as `share`; the words beside it say the same, so readers of the page skip it."""
    full = (
        f"width: {round(100 * min(1.0, max(0.0, share)))}%; height: 8px; border-radius: 4px; background: {RIGHT.colour}"
    )
    frame = f"display: inline-block; width: {width}; border-radius: 4px; background: rgba(128, 128, 128, 0.3)"
    inner = f'<span style="display: block; {full}"></span>'
    return f'<span style="{frame}; vertical-align: middle" aria-hidden="true">{inner}</span>'


def _fold_html(fold: Fold, is_open: bool) -> str:
    bar = f"{_bar_html(fold.share, '6em')}&nbsp; " if fold.share is not None else ""
    title = f'<summary style="cursor: pointer">{bar}{_marked(fold.title)}</summary>'
    parts = [f'<details style="margin-top: 6px"{" open" * is_open}>{title}']
    if fold.rows:
        rows = ["<tr>" + "".join(map(_cell_html, row)) + "</tr>" for row in fold.rows]
        parts.append('<table style="margin: 4px 0; font-size: inherit">' + "".join(rows) + "</table>")
    if fold.text:
        parts.append(f'<pre style="margin: 4px 0; white-space: pre-wrap">{html.escape(fold.text)}</pre>')
    return "".join([*parts, "</details>"])


def _cell_html(text: str) -> str:
    return f'<td style="text-align: left; vertical-align: top; padding: 1px 14px 1px 0">{_marked(text)}</td>'
