"""The reports of a class as HTML: one page for each student, and one for whoever teaches."""

import hashlib
import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convlab._version import __version__
from convlab.grading import book
from convlab.grading.classroom import Result
from convlab.grading.definition import Exercise
from convlab.grading.files import write_atomic
from convlab.grading.outcome_words import LOOKS
from convlab.grading.report_parts import (
    exercise_card,
    figures,
    fold,
    histogram,
    legend,
    mark,
    marked,
    page,
    percent,
    stacked_bar,
    table,
    text,
)
from convlab.grading.sandbox import WORDS
from convlab.grading.verdict import Outcome

CLASS_PAGE = "class.html"
STUDENTS = "students"
HELP_BELOW = 0.5  # share of the points under which somebody may need help


def write(result: Result, out: Path) -> dict[str, str]:
    """Write all pages; what could not be written, by student ("" for the class), and why."""
    troubles: dict[str, str] = {}
    pages = {student: student_page(result, student) for student in result.submissions.students}
    for student, content in pages.items():
        _write(out / STUDENTS / file_name(student), content, student, troubles)
    _write(out / CLASS_PAGE, class_page(result), "", troubles)
    return troubles


def _write(path: Path, content: str, who: str, troubles: dict[str, str]) -> None:
    try:
        write_atomic(path, content.encode())
    except OSError as error:
        troubles[who] = f"{path.name} cannot be written ({error.strerror})"


def file_name(student: str) -> str:
    """A plain file name for a student, different for different students.

    >>> file_name("ada")
    'ada.html'
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", student)[:60]
    if plain != student or student.casefold() != student:
        plain += "-" + hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}.html"


# A student ------------------------------------------------------------------------------------------------------------


def student_page(result: Result, student: str) -> str:
    """One student's report: every exercise, what is right, and what went wrong where it is not."""
    got, most, whole = book.points(result, student)
    title = f"{student}: {_lessons(result.exercises)}"
    entries = [result.entry(student, exercise) for exercise in result.exercises]
    right = sum(entry.outcome is Outcome.RIGHT for entry in entries)
    body = [
        f'<p class="back"><a href="../{CLASS_PAGE}">All of the class</a></p>' * (len(result.submissions.students) > 1),
        f'<h1>{text(student)}</h1><p class="faint">{text(_lessons(result.exercises))}</p>',
        figures(
            {"points" + " so far" * (not whole): f"{got} of {most}", "exercises right": f"{right} of {len(entries)}"}
        ),
        f'<div class="meter" role="img" aria-label="{got} of {most} points">'
        f'<span style="width: {100 * got / max(1, most):.0f}%"></span></div>',
    ]
    if said := book.remarks(result, student):
        body.append(
            f'<div class="alert">{"".join(f"<p>{marked(line[0].upper() + line[1:])}</p>" for line in said)}</div>'
        )
    for lesson in dict.fromkeys(exercise.lesson for exercise in result.exercises):
        body.append(f"<h2>Lesson {text(lesson)}</h2>")
        own = [(e, exercise) for e, exercise in zip(entries, result.exercises) if exercise.lesson == lesson]
        body += [exercise_card(entry, exercise.signature) for entry, exercise in own]
    seeds = ", ".join(f"{entry.exercise} {entry.seed}" for entry in entries)
    body.append(
        "<footer><p>Each function was called on inputs drawn for this grading; all of them must come out right for the "
        f"points. The same numbers can be drawn again: seeds {text(seeds)}.</p><p>convlab {__version__}</p></footer>"
    )
    return page(title, "\n".join(body))


def _lessons(exercises: Sequence[Exercise]) -> str:
    lessons = sorted({exercise.lesson for exercise in exercises})
    return f"Lesson {lessons[0]}" if len(lessons) == 1 else f"Lessons {', '.join(lessons)}"


# The class ------------------------------------------------------------------------------------------------------------


def class_page(result: Result) -> str:
    """The report for whoever teaches."""
    title = f"Class report: {_lessons(result.exercises)}"
    students = result.submissions.students
    count = f"{len(students)} student" + "s" * (len(students) != 1)
    body = [
        f'<h1>{text(title)}</h1><p class="faint">{count}, {len(result.exercises)} exercises, '
        f"{sum(e.points for e in result.exercises)} points</p>",
        figures(_figures(result)),
        _alerts(result),
        f'<h2>Points</h2><div class="panel">{histogram(_shares(result), statistics.median(_shares(result)))}</div>',
        "<h2>Exercises</h2>",
        _exercises(result),
        "<h2>The most common mistakes</h2>",
        _mistakes(result),
        "<h2>Who may need help</h2>",
        _help(result),
        "<h2>Everybody</h2>",
        _everybody(result),
        _footer(result),
    ]
    return page(title, "\n".join(body))


def _shares(result: Result) -> list[float]:
    totals = [book.points(result, student) for student in result.submissions.students]
    return [got / most if most else 0.0 for got, most, _ in totals]


def _figures(result: Result) -> dict[str, str]:
    shares = _shares(result)
    entries = [result.entry(s, e) for s in result.submissions.students for e in result.exercises]
    right = sum(entry.outcome is Outcome.RIGHT for entry in entries)
    lessons = dict.fromkeys(exercise.lesson for exercise in result.exercises)
    works = [result.submissions.of(student, lesson) for student in result.submissions.students for lesson in lessons]
    return {
        "median score": percent(statistics.median(shares)),
        "mean score": percent(statistics.mean(shares)),
        "of all answers right": percent(right / len(entries)),
        "not handed in": str(sum(work.path is None for work in works)),
        "late": str(sum(work.late_by(result.due) is not None for work in works)),
    }


def _alerts(result: Result) -> str:
    """What needs a look by hand: grader errors, and notebooks that cannot be read."""
    lines = []
    for student in result.submissions.students:
        for exercise in result.exercises:
            entry = result.entry(student, exercise)
            if entry.outcome is Outcome.GRADER_ERROR:
                lines.append(f"<p>{_link(student)}, <code>{text(exercise.name)}</code>: {marked(entry.sentence)}</p>")
    lines += [f"<p>{_link(student)}: {marked(said)}</p>" for (student, _), said in sorted(result.problems.items())]
    lines += [f"<p>Not of this course, not graded: {text(name)}</p>" for name in result.submissions.strays]
    return f'<div class="alert"><b>To look at by hand</b>{"".join(lines)}</div>' if lines else ""


def _link(student: str) -> str:
    return f'<a href="{STUDENTS}/{file_name(student)}">{text(student)}</a>'


def _exercises(result: Result) -> str:
    rows, seen = [], dict.fromkeys(LOOKS, 0)
    for exercise in result.exercises:
        counts = book.outcomes(result, exercise)
        seen = {outcome: seen[outcome] + counts[outcome] for outcome in seen}
        share = counts[Outcome.RIGHT] / max(1, len(result.submissions.students))
        rows.append((f"<code>{text(exercise.name)}</code>", str(exercise.points), percent(share), stacked_bar(counts)))
    head = [("exercise", ""), ("points", "number"), ("right", "number"), ("students by outcome", "")]
    return f'<div class="panel">{table(head, rows)}{legend([o for o, n in seen.items() if n])}</div>'


def _mistakes(result: Result) -> str:
    """Mistakes by name, the most frequent first; those that the engine could not name are counted below."""
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    said: dict[tuple[str, str], str] = {}
    nameless: dict[str, list[str]] = defaultdict(list)
    for student in result.submissions.students:
        for exercise in result.exercises:
            entry = result.entry(student, exercise)
            if entry.mistake:
                named[exercise.name, entry.mistake].append(student)
                said[exercise.name, entry.mistake] = entry.sentence
            elif entry.outcome in (Outcome.WRONG, Outcome.CRASHED, Outcome.OUT_OF_BOUNDS):
                nameless[exercise.name].append(student)
    if not named and not nameless:
        return '<div class="panel"><p>None.</p></div>'
    items = []
    for key, students in sorted(named.items(), key=lambda item: (-len(item[1]), item[0])):
        exercise, mistake = key
        who = ", ".join(map(_link, students))
        number = f"{len(students)}<small>student{'s' * (len(students) != 1)}</small>"
        items.append(
            f'<li><span class="count">{number}</span><div><b>{text(mistake)}</b> in <code>{text(exercise)}</code>'
            f'<p>{marked(said[key])}</p><p class="who">{who}</p></div></li>'
        )
    rest = ""
    if nameless:
        lines = [f"<p><code>{text(name)}</code>: {', '.join(map(_link, who))}</p>" for name, who in nameless.items()]
        count = sum(map(len, nameless.values()))
        rest = fold(
            f"Without a name: {count} answer{'s' * (count != 1)} that went wrong in a way of their own", "".join(lines)
        )
    return f'<div class="panel"><ol class="mistakes">{"".join(items)}</ol>{rest}</div>'


def _help(result: Result) -> str:
    """Students with less than half of the points, the lowest first, and what stands in their way."""
    rows = []
    ranked = sorted(zip(_shares(result), result.submissions.students))
    for share, student in ranked:
        if share >= HELP_BELOW:
            continue
        got, most, _ = book.points(result, student)
        rows.append((_link(student), f"{got} of {most}", _obstacles(result, student)))
    if not rows:
        return f'<div class="panel"><p>Nobody has less than {percent(HELP_BELOW)} of the points.</p></div>'
    head = [("student", ""), ("points", "number"), ("what stands in the way", "")]
    return f'<div class="panel">{table(head, rows)}</div>'


def _obstacles(result: Result, student: str) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for exercise in result.exercises:
        entry = result.entry(student, exercise)
        if entry.outcome is Outcome.RIGHT:
            continue
        lost = result.submissions.of(student, exercise.lesson).path is None
        what = "nothing handed in" if lost else entry.mistake or LOOKS[entry.outcome].word
        groups[what].append(exercise.name)
    parts = []
    for what, names in groups.items():
        shown = "" if what == "nothing handed in" else f" ({', '.join(f'<code>{text(name)}</code>' for name in names)})"
        parts.append(f"{text(what)}{shown}")
    return "; ".join(parts)


def _everybody(result: Result) -> str:
    names = [exercise.name for exercise in result.exercises]
    wide = len(names) > 8
    head = [("student", ""), ("points", "number"), *((name, "mark") for name in names), ("remarks", "")]
    if wide:  # numbers in the place of names, which a narrow page could not hold
        head = [
            ("student", ""),
            ("points", "number"),
            *((str(k + 1), "mark") for k in range(len(names))),
            ("remarks", ""),
        ]
    rows = []
    for student in result.submissions.students:
        got, _, whole = book.points(result, student)
        marks = [mark(result.entry(student, exercise).outcome) for exercise in result.exercises]
        said = "; ".join(marked(line) for line in book.remarks(result, student))
        rows.append((_link(student), str(got) if whole else f"{got} + ?", *marks, f'<span class="small">{said}</span>'))
    key = ", ".join(f"{k + 1} <code>{text(name)}</code>" for k, name in enumerate(names)) if wide else ""
    return f'<div class="panel">{table(head, rows)}<p class="small faint">{key}</p></div>'


def _footer(result: Result) -> str:
    settings = result.settings
    vary = "; every student had numbers of their own" if settings.vary else ""
    tier: Any = WORDS.get(result.tier, result.tier)
    hours = result.processor_seconds / 3600
    return (
        f"<footer><p>Seed {settings.seed}{vary}. The same seed draws the same inputs again: give it with "
        f"<code>--seed</code> when somebody appeals.</p><p>Sandbox: {text(tier)}.</p>"
        f"<p>{hours:.3f} core-hours for the whole class; the last run judged {result.judged} answers in "
        f"{result.seconds:.0f} s. "
        f"convlab {__version__}.</p></footer>"
    )
