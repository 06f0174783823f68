"""Pieces of the report pages, as HTML and SVG text. Everything that is not ours is escaped here, and only here."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from convlab.grading.difference import number
from convlab.grading.entry import Entry
from convlab.grading.outcome_words import LOOKS
from convlab.grading.report_style import style_sheet
from convlab.grading.verdict import Outcome

BINS = 10
MOST_COLUMNS = 10  # of an array shown as numbers; a wider one is a picture
CELL = 18  # pixels


def text(value: object) -> str:
    """Text as HTML; lone surrogates of a strange file name become question marks."""
    return html.escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def marked(value: object) -> str:
    """Text as HTML in which `...` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def percent(share: float) -> str:
    """A share as a whole number of per cent.

    >>> percent(0.364)
    '36 %'
    """
    return f"{100 * share:.0f} %"


def page(title: str, body: str) -> str:
    """A whole page that needs nothing from anywhere else, and may run nothing."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{text(title)}</title>\n<style>{style_sheet()}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def chip(outcome: Outcome) -> str:
    """Sign and word of an outcome."""
    look = LOOKS[outcome]
    return f'<span class="chip {look.css}"><span class="sign" aria-hidden="true">{look.sign}</span>{look.word}</span>'


def mark(outcome: Outcome) -> str:
    """The sign alone, its word for those who point at it or hear it."""
    look = LOOKS[outcome]
    return f'<span class="sign {look.css}" title="{look.word}" role="img" aria-label="{look.word}">{look.sign}</span>'


def legend(outcomes: Iterable[Outcome]) -> str:
    """What the signs and colours mean."""
    items = [f'<span class="{LOOKS[o].css}"><i></i>{LOOKS[o].sign} {LOOKS[o].word}</span>' for o in outcomes]
    return f'<div class="legend">{"".join(items)}</div>'


def figures(values: Mapping[str, str]) -> str:
    """Key figures: a number, and what it is."""
    items = [
        f'<div class="figure"><b>{text(value)}</b><span>{text(name)}</span></div>' for name, value in values.items()
    ]
    return f'<div class="figures">{"".join(items)}</div>'


def stacked_bar(counts: Mapping[Outcome, int]) -> str:
    """One bar of all students, each outcome with its sign and number."""
    total = sum(counts.values()) or 1
    parts, words = [], []
    for outcome, count in counts.items():
        if count:
            look = LOOKS[outcome]
            parts.append(
                f'<span class="{look.css}" style="flex: {count} 0 0" title="{count} {look.word}">{look.sign} {count}</span>'
            )
            words.append(f"{count} {look.word}")
    return f'<div class="bar" role="img" aria-label="of {total}: {", ".join(words)}">{"".join(parts)}</div>'


def histogram(shares: Sequence[float], middle: float) -> str:
    """How many students reached which share of the points, in tenths; the median as a dashed line."""
    counts = [0] * BINS
    for share in shares:
        counts[min(BINS - 1, int(share * BINS))] += 1
    width, height, left, top, bottom = 720, 240, 44, 34, 46
    inner, high, most = width - left - 26, height - top - bottom, max(counts) or 1
    step = inner / BINS
    parts = [_grid(most, left, top, high, inner)]
    for place, count in enumerate(counts):
        x, tall = left + place * step, high * count / _ceiling(most)
        if count:
            parts.append(
                f'<rect class="column" x="{x + 4:.1f}" y="{top + high - tall:.1f}" width="{step - 8:.1f}" '
                f'height="{tall:.1f}" rx="3"/>'
                f'<text x="{x + step / 2:.1f}" y="{top + high - tall - 6:.1f}" text-anchor="middle">{count}</text>'
            )
    for place in range(0, BINS + 1, 2):
        x = left + place * step
        parts.append(
            f'<text class="faint-text" x="{x:.1f}" y="{top + high + 18}" text-anchor="middle">{place * 10} %</text>'
        )
    parts.append(
        f'<text class="faint-text" x="{left + inner / 2:.1f}" y="{height - 6}" text-anchor="middle">share of the points</text>'
    )
    x = left + middle * inner
    anchor = "start" if middle < 0.5 else "end"
    parts.append(
        f'<line class="median" x1="{x:.1f}" y1="{top - 10}" x2="{x:.1f}" y2="{top + high}"/>'
        f'<text class="median-text" x="{x + (6 if middle < 0.5 else -6):.1f}" y="{top - 16}" text-anchor="{anchor}">'
        f"median {percent(middle)}</text>"
    )
    said = "; ".join(f"{k * 10} to {k * 10 + 10} %: {n}" for k, n in enumerate(counts) if n)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="100%" role="img" aria-label="Students by share of the points. {said}">'
        f"{''.join(parts)}</svg>"
    )


def _ceiling(most: int) -> int:
    """A round number of students at the top of the axis."""
    step = _step(most)
    return -(-most // step) * step


def _step(most: int) -> int:
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if most <= 4 * step)


def _grid(most: int, left: float, top: float, high: float, inner: float) -> str:
    parts = []
    for value in range(0, _ceiling(most) + 1, _step(most)):
        y = top + high - high * value / _ceiling(most)
        parts.append(f'<line class="axis" x1="{left}" y1="{y:.1f}" x2="{left + inner:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="faint-text" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    return "".join(parts)


def table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already. head : (title, CSS class of the column)."""
    titles = "".join(f'<th class="{css}">{text(title)}</th>' for title, css in head)
    lines = ["".join(f'<td class="{css}">{cell}</td>' for cell, (_, css) in zip(row, head)) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def fold(title: str, body: str) -> str:
    """Something to open on demand."""
    return f"<details><summary>{text(title)}</summary>{body}</details>"


# One exercise of one student ------------------------------------------------------------------------------------------


def exercise_card(entry: Entry, signature: str) -> str:
    """What became of an exercise, with the arrays that differ and what is folded away."""
    look = LOOKS[entry.outcome]
    got = "points open" if entry.points is None else f"{entry.points} of {entry.max_points} points"
    parts = [
        f'<section class="exercise {look.css}"><header><h3><span class="sign" aria-hidden="true">{look.sign}</span> '
        f'<code>{text(signature)}</code> <span class="state">{look.word}</span></h3>'
        f'<span class="points">{got}</span></header>',
        f'<p class="say">{marked(entry.sentence)}</p>',
        *(f"<p>{marked(line)}</p>" for line in entry.details),
    ]
    if entry.comparison:
        parts.append(comparison(entry.comparison))
    parts += [f'<p class="note">{marked(line)}</p>' for line in entry.notes]
    if entry.inputs and entry.outcome is not Outcome.RIGHT:
        right = sum(row[1] == Outcome.RIGHT for row in entry.inputs)
        rows = [(marked(label), chip(Outcome(outcome)), marked(said)) for label, outcome, said in entry.inputs]
        parts.append(
            fold(f"Input by input: {right} of {len(rows)} right", table([("input", ""), ("", ""), ("", "")], rows))
        )
    if entry.printed.strip():
        parts.append(
            fold("What the function printed for the first input that fails", f"<pre>{text(entry.printed)}</pre>")
        )
    return "".join([*parts, "</section>"])


def comparison(shown: Mapping[str, Any]) -> str:
    """Yours and expected side by side, as numbers or, if they are many, as pictures; cells that differ are framed."""
    draw = _numbers if max(len(shown["want"][0]), len(shown["got"][0])) <= MOST_COLUMNS else _picture
    reach = (
        max((abs(v) for name in ("got", "want") for row in shown[name] for v in row if v is not None), default=0) or 1.0
    )
    panels = []
    for title, name, wrong in (("yours", "got", shown["wrong"]), ("expected", "want", None)):
        rows, shape = shown[name], shown[f"{name}_shape"]
        size = " × ".join(map(str, shape))
        cut = f", the first {len(rows)} × {len(rows[0])}" if [len(rows), len(rows[0])] != [1, 1, *shape][-2:] else ""
        panels.append(f"<figure><figcaption>{title} ({size}{cut})</figcaption>{draw(rows, wrong, reach)}</figure>")
    return f'<p class="small faint">Input: {text(shown["title"])}</p><div class="arrays">{"".join(panels)}</div>'


def _numbers(rows: Sequence[Sequence[float | None]], wrong: Any, reach: float) -> str:
    """A table of numbers."""
    lines = []
    for i, row in enumerate(rows):
        cells = [_number(value, bool(wrong) and bool(wrong[i][j])) for j, value in enumerate(row)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _number(value: float | None, off: bool) -> str:
    shown = "nan, inf" if value is None else number(value).replace("-", "−")
    return f'<td class="off">{shown}</td>' if off else f"<td>{shown}</td>"


def _picture(rows: Sequence[Sequence[float | None]], wrong: Any, reach: float) -> str:
    """A picture: orange below zero, blue above, the stronger the larger; nothing where there is no number."""
    parts = []
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value is not None:
                value = value if abs(value) > 1e-6 * reach else 0.0
                hue = "var(--bar)" if value > 0 else "var(--c-bounds)"
                parts.append(
                    f'<rect x="{j * CELL + 1}" y="{i * CELL + 1}" width="{CELL - 2}" height="{CELL - 2}" rx="2" fill="{hue}" '
                    f'fill-opacity="{0.06 + 0.94 * abs(value) / reach:.3f}"><title>{number(value)}</title></rect>'
                )
            if wrong and wrong[i][j]:
                parts.append(
                    f'<rect class="off-frame" x="{j * CELL + 1}" y="{i * CELL + 1}" width="{CELL - 2}" height="{CELL - 2}"/>'
                )
    width, height = CELL * max(map(len, rows)), CELL * len(rows)
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">{"".join(parts)}</svg>'
