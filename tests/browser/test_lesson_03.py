"""Lesson 03 in a browser: it runs, and the explorer answers to the keyboard."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_the_lesson_runs_and_its_explorer_follows_the_keyboard(page, lab):
    lab.run_all(page, "notebooks/03_convolution.ipynb")

    explorer = page.locator(".jp-OutputArea-output", has=page.locator(".widget-slider")).first
    explorer.scroll_into_view_if_needed()
    picture = explorer.locator("img[alt^='Cross-correlation']")
    before = picture.get_attribute("src")
    row, column, total = said(explorer)

    explorer.locator(".widget-slider", has_text="row").locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    explorer.get_by_text(f"output[{row + 2}, {column}] =").wait_for()
    explorer.locator(f"img[alt*='row {row + 2}, column {column}:']").wait_for()
    assert picture.get_attribute("src") != before
    assert said(explorer)[2] != total

    explorer.get_by_role("button", name="true convolution, kernel turned").focus()
    page.keyboard.press("Enter")
    explorer.locator("img[alt^='True convolution']").wait_for()


def said(explorer):
    """Row, column and sum as the sentence under the picture gives them."""
    text = explorer.get_by_text(re.compile(r"^output\[\d+, \d+\] =")).inner_text()
    row, column = map(int, re.search(r"\[(\d+), (\d+)\]", text).groups())
    return row, column, text.split("=")[-1].strip()
