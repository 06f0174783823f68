"""The exercise of lesson 03 in a browser: a wrong answer, the word that helps, the right answer, and the progress page."""

import re

import pytest

pytestmark = pytest.mark.browser

WRONG = """def conv1d(x, w):
    return np.array([(x[i : i + len(w)] * w[::-1]).sum() for i in range(len(x) - len(w) + 1)])"""
RIGHT = WRONG.replace("w[::-1]", "w")


def test_a_mistake_is_named_mended_and_counted(page, lab):
    lab.open(page, "exercises/03_exercise_convolution.ipynb")
    run(page, cell_with(page, "from convlab.grading import check"))
    answer, asked = cell_with(page, "def conv1d("), cell_with(page, 'check("conv1d", conv1d)')

    run(page, asked)
    assert "conv1d" in asked.locator(".jp-OutputArea").inner_text()

    write(page, answer, WRONG)
    run(page, answer)
    run(page, asked)
    asked.get_by_text(re.compile("turned|flipped|mirror")).first.wait_for()

    write(page, answer, RIGHT)
    run(page, answer)
    run(page, asked)
    asked.get_by_text(re.compile(r"2 (of|/) 2")).first.wait_for()

    lab.open(page, "notebooks/00_start_here.ipynb")
    picture = page.locator("img[alt^='Your progress']")
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") > 500  # drawn by `convlab lab`, found and shown
    front = cell_with(page, "check.progress()")
    run(page, cell_with(page, "from convlab.grading import check"))
    run(page, front)
    assert re.search(r"03.*2 (of|/) 11", front.locator(".jp-OutputArea").inner_text(), re.DOTALL)


def cell_with(page, text):
    return page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=text)).first


def write(page, cell, code):
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def run(page, cell):
    "run a cell, and wait for its new number"
    before = cell.locator(".jp-InputPrompt").inner_text()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "([cell, before]) => /^\\[\\d+\\]:$/.test(cell.innerText.trim()) && cell.innerText !== before",
        arg=[cell.locator(".jp-InputPrompt").element_handle(), before],
    )
