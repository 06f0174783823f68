"""A square to draw in, by mouse, finger or keyboard, and a digit made of the drawing as the bundled ones were made.

What is drawn lives in `pad.ink`, an array, so it can be set and read without a browser.
"""

from pathlib import Path
from typing import Any

import numpy as np

from convlab.data.digits import BORDER, GREATEST, INK, enlarged
from convlab.errors import ArgumentError, ShapeError

SIDE = 32  # cells of the pad, as the bundled digits were scanned
BLOCK = 4  # and then counted in blocks of 4 x 4


class DrawingPad:
    """32 x 32 cells that the learner fills with ink.

    Mouse or finger: draw; with the right button, or the Alt key held, erase. Keyboard: Tab leads into the pad, the arrow
    keys move the pen, Space puts it down and lifts it, E takes the eraser, Delete empties the pad.

    Parameters
    ----------
    ink : bool (32, 32), optional
        What is drawn at first.

    `on_change(function)` calls the function, without arguments, when something was drawn. `widget` is what a notebook
    shows.

    >>> pad = DrawingPad()
    >>> pad.ink.shape, int(pad.ink.sum())
    ((32, 32), 0)
    """

    def __init__(self, ink: Any = None):
        self.widget = _pad_widget()()
        self.ink = np.zeros((SIDE, SIDE), bool) if ink is None else ink

    @property
    def ink(self) -> np.ndarray:
        """True where there is ink. (32, 32)"""
        return np.frombuffer(bytes(self.widget.cells), np.uint8).reshape(SIDE, SIDE) > 0

    @ink.setter
    def ink(self, value: Any) -> None:
        cells = np.asarray(value)
        if cells.shape != (SIDE, SIDE) or cells.dtype.kind not in "bui":
            raise ShapeError(f"DrawingPad: ink must be a bool array ({SIDE}, {SIDE}), got {cells.dtype} {cells.shape}")
        self.widget.cells = (cells > 0).astype(np.uint8).tobytes()

    def clear(self) -> None:
        """Take all ink away."""
        self.ink = np.zeros((SIDE, SIDE), bool)

    def on_change(self, function: Any) -> None:
        """Call `function()` whenever the drawing has changed."""
        self.widget.observe(lambda change: function(), "cells")


def _pad_widget() -> type:
    """The widget's class; made late, so that convlab can be imported without a notebook's packages."""
    import anywidget
    import traitlets

    class Pad(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("drawing_pad.js")
        _css = Path(__file__).with_name("drawing_pad.css")
        cells = traitlets.CBytes(bytes(SIDE * SIDE)).tag(sync=True)  # a page sends a memoryview, which is cast

        @traitlets.validate("cells")
        def _whole(self, proposal: Any) -> bytes:
            value = bytes(proposal["value"])
            return value if len(value) == SIDE * SIDE else bytes(SIDE * SIDE)

    return Pad


def as_digit(ink: Any) -> np.ndarray:
    """A drawing as a digit of the bundled set: uint8 (32, 32).

    Those digits were scanned as 32 x 32 black-and-white pictures that they fill from top to bottom, and counted in blocks
    of 4 x 4 (UCI repository, "Optical recognition of handwritten digits"); convlab enlarges the 8 x 8 counts to 28 x 28.
    So the drawing is cut out, brought to a height of 32, counted and enlarged. An empty drawing stays empty.

    >>> as_digit(np.zeros((32, 32), bool)).max()
    np.uint8(0)
    """
    from PIL import Image

    ink = np.asarray(ink)
    if ink.ndim != 2:
        raise ArgumentError(f"as_digit: expected a drawing (H, W), got shape {ink.shape}")
    if not ink.any():
        return np.zeros((INK + 2 * BORDER, INK + 2 * BORDER), np.uint8)
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] > 0
    scale = SIDE / max(cut.shape)
    height, width = (max(1, round(size * scale)) for size in cut.shape)
    grey = Image.fromarray(cut.astype(np.uint8) * 255).resize((width, height), Image.Resampling.BILINEAR)
    page = np.zeros((SIDE, SIDE))
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    page[top : top + height, left : left + width] = np.asarray(grey) > 127
    counts = page.reshape(SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK).sum(axis=(1, 3))
    return enlarged(counts * GREATEST / BLOCK**2)
