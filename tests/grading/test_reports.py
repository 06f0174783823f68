"""Grade book and reports, made from entries: what they show, and that nothing of a learner's is shown unescaped."""

import csv
import dataclasses
import datetime
import html.parser
import json
import re
from pathlib import Path

import pytest

from convlab.grading import Outcome, book, report
from convlab.grading import card as cards
from convlab.grading.classroom import Result, Settings
from convlab.grading.engine import diagnose
from convlab.grading.entry import from_verdict, without_verdict
from convlab.grading.exercises import find
from convlab.grading.outcome_words import LOOKS, entry_card
from convlab.grading.report_parts import histogram
from convlab.grading.report_style import DARK, LIGHT
from convlab.grading.submission import Submissions, Work

EXERCISES = (find("conv1d"), find("vertical_edges"))
EVIL = "<script>alert('1')</script><img src=x onerror=alert(2)>"
NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


def judged(exercise, function):
    return from_verdict(exercise, diagnose(exercise, function, 3))


def result(entries, works=(), due=None, **changes):
    students = tuple(sorted({student for student, _ in entries} | {work.student for work in works}))
    own = works or [Work(student, "03", None) for student in students]
    return Result(
        Submissions(students, tuple(own), ()), EXERCISES, entries, Settings(seed=7), "bubblewrap", due=due, **changes
    )


def right(student):
    return {(student, e.name): judged(e, e.reference) for e in EXERCISES}


def flipped(x, w):
    return EXERCISES[0].reference(x, w[::-1])


class Reader(html.parser.HTMLParser):
    """Names of all tags and attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.open = set(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_nothing_that_comes_from_a_learner_is_shown_unescaped(tmp_path):
    def breaks(x, w):
        print(EVIL)
        raise ValueError(EVIL)

    entries = {(EVIL, "conv1d"): judged(EXERCISES[0], breaks), ("=1+1", "conv1d"): judged(EXERCISES[0], flipped)}
    made = result(entries, problems={("=1+1", "03"): EVIL})
    for page in (report.class_page(made), report.student_page(made, EVIL), report.student_page(made, "=1+1")):
        read = Reader(page)
        assert not read.open
        assert not read.tags & {"script", "img", "iframe", "object", "link"}
        assert not {name for name in read.attributes if name.startswith("on")} and "src" not in read.attributes
    assert "&lt;script&gt;" in report.student_page(made, EVIL)
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page


def test_a_spreadsheet_runs_no_formula(tmp_path):
    made = result({("=cmd|' /C calc'!A0", "conv1d"): without_verdict(EXERCISES[0], Outcome.CRASHED, "+1", 3)})
    book.write(made, tmp_path)
    for name in ("grades.csv", "results.csv"):
        for row in csv.reader((tmp_path / name).read_text().splitlines()):
            assert not [cell for cell in row if cell[:1] in "=+@" and cell]


def test_a_grader_error_is_never_a_zero(tmp_path):
    failed = without_verdict(EXERCISES[0], Outcome.GRADER_ERROR, "The grader could not judge this.", 3)
    made = result({**right("ada"), ("ada", "conv1d"): failed})
    book.write(made, tmp_path)
    (row,) = csv.DictReader((tmp_path / "grades.csv").read_text().splitlines())
    assert row["points"] == row["conv1d"] == "" and row["vertical_edges"] == "2" and "grader error" in row["remarks"]
    (student,) = json.loads((tmp_path / "grades.json").read_text())["students"]
    assert student["points"] is None and student["results"][0]["points"] is None
    page = report.class_page(made)
    assert "To look at by hand" in page and "2 + ?" in page
    assert "points so far" in report.student_page(made, "ada")


def test_the_class_report_counts_mistakes_by_name():
    entries = {}
    for student in ("ada", "bela", "chidi"):
        entries |= {(student, "conv1d"): judged(EXERCISES[0], flipped if student != "chidi" else lambda x, w: x)}
    page = report.class_page(result(entries))
    items = re.findall(r'<li><span class="count">(\d+).*?<b>(.*?)</b> in <code>(.*?)</code>', page)
    assert items == [("2", "kernel flipped", "conv1d")]
    assert "Without a name: 1 answer that went wrong" in page


def test_who_needs_help_is_sorted_and_told_why():
    entries = right("ada") | {("bela", "conv1d"): judged(EXERCISES[0], flipped)}
    works = (Work("ada", "03", Path("a.ipynb")), Work("bela", "03", Path("b.ipynb")), Work("kim", "03", None))
    section = report.class_page(result(entries, works)).split("Who may need help")[1].split("Everybody")[0]
    assert section.index("bela") < section.index("kim") and "ada" not in section
    assert "kernel flipped" in section and "nothing handed in" in section


def test_late_work_is_marked():
    work = Work(
        "ada", "03", Path("03_convolution.ipynb"), NOON + datetime.timedelta(hours=3, minutes=5), ("copy.ipynb",)
    )
    made = result(right("ada"), (work,), due=NOON)
    assert book.remarks(made, "ada") == [
        "lesson 03: late by 3 h 5 min",
        "lesson 03: graded 03_convolution.ipynb, not copy.ipynb",
    ]
    assert "Lesson 03: late by 3 h 5 min" in report.student_page(made, "ada")


def test_pages_of_all_students_are_written_and_one_that_fails_costs_the_others_nothing(tmp_path):
    made = result(right("ada") | right("Ada") | right("ä/ö"))
    (tmp_path / "students" / report.file_name("ada")).mkdir(parents=True)
    troubles = report.write(made, tmp_path)
    assert list(troubles) == ["ada"] and "cannot be written" in troubles["ada"]
    names = {path.name for path in (tmp_path / "students").iterdir()}
    assert len(names) == 3 and all(re.fullmatch(r"[A-Za-z0-9_-]+\.html", name) for name in names)


def test_arrays_side_by_side_show_where_they_differ():
    page = report.student_page(result({("ada", "conv1d"): judged(EXERCISES[0], flipped)}), "ada")
    assert page.count("<figcaption>") == 2 and '<td class="off">' in page
    turned = judged(EXERCISES[1], lambda: EXERCISES[1].reference().T)
    page = report.student_page(result({("ada", "vertical_edges"): turned}), "ada")
    assert "off-frame" in page and "nan" not in page.lower().split("<main>")[1]


def test_every_outcome_has_a_look_and_they_differ_without_colour():
    assert set(LOOKS) == set(Outcome)
    assert len({look.sign for look in LOOKS.values()}) == len({look.css for look in LOOKS.values()}) == len(LOOKS)


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    """Ratio of WCAG 2."""
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("page", "shade"), [(LIGHT, "light"), (DARK, "dark")])
def test_text_can_be_read_on_light_and_dark_pages(page, shade):
    for ground in ("paper", "card", "wash"):
        assert contrast(page["ink"], page[ground]) > 7
        assert contrast(page["faint"], page[ground]) > 4.5
        assert contrast(page["accent"], page[ground]) > 4.5
    assert contrast(page["ink"], page["hurt"]) > 7
    for look in LOOKS.values():
        assert contrast(getattr(look, shade), page["card"]) > 4.5, look


def test_the_histogram_counts_everybody():
    svg = histogram([0.0, 0.05, 0.5, 0.99, 1.0], 0.5)
    assert 'aria-label="Students by share of the points. 0 to 10 %: 2; 50 to 60 %: 1; 90 to 100 %: 2"' in svg
    assert "median 50 %" in svg


@pytest.mark.parametrize("outcome", Outcome)
def test_an_entry_in_the_terminal(outcome):
    entry = without_verdict(EXERCISES[0], outcome, "Said `this`.", 3)
    text = cards.as_text(entry_card(entry))
    assert (
        text.splitlines()[0]
        == f"{text[0]} conv1d: {LOOKS[outcome].word} ({'not counted' if entry.points is None else '0 of 2 points'})"
    )
    assert dataclasses.replace(entry, seed=4) != entry
