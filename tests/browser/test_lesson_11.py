"""Lesson 11 in a browser: LeNet-5 is trained in the page, and the X-ray looks at what a learner draws."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_a_drawn_digit_is_read(page, lab):
    lab.run_all(page, "notebooks/11_lenet5.ipynb")
    explorer = page.locator(".jp-OutputArea-output", has=page.locator("canvas[role=application]")).first
    pad = explorer.locator("canvas[role=application]")
    pad.scroll_into_view_if_needed()
    pictures = lambda: [img.get_attribute("src") for img in explorer.locator("img").all()]
    before = pictures()

    # a one with the mouse: from the top to the bottom
    frame = pad.bounding_box()
    x, top, bottom = (
        frame["x"] + frame["width"] * 0.5,
        *(frame["y"] + frame["height"] * part for part in (0.15, 0.85)),
    )
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, bottom, steps=12)
    page.mouse.up()
    explorer.get_by_text(re.compile(r"says 1\b|is a 1\b|reads 1\b")).wait_for()
    drawn = pictures()
    assert drawn != before

    # by keyboard: the page is emptied, and a bar drawn across it
    pad.focus()
    page.keyboard.press("Delete")
    explorer.get_by_text("Draw a digit: the network is looking at an empty page.").wait_for()
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    explorer.get_by_text("pen down").wait_for()
    explorer.get_by_text("Draw a digit").wait_for(state="detached")
    assert pictures() != drawn
