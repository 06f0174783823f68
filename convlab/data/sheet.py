"""A contact sheet: a few images of each class side by side, with class names and credit."""

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from convlab import checks
from convlab.data.dataset import Dataset
from convlab.errors import ShapeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
CELL, GAP, MARGIN = 72, 4, 14  # in pixels of the sheet; an image is enlarged a whole number of times to about CELL
TITLE_HEIGHT, LINE_HEIGHT, SMALL_LINE_HEIGHT = 36, 16, 11
CLASSES_SHOWN = 20
TEXT, FAINT = "#222222", "#555555"


def contact_sheet(dataset: Dataset, *, per_class: int | None = None, seed: int = 0) -> "Figure":
    """A matplotlib figure with `per_class` images of each class, drawn by `seed`, a row per class.

    Rows are named, the credit of the set stands below, and so do the credits of the single pictures where the set has
    them. Of more than 20 classes the first 20 are shown. `figure.savefig("sheet.png")` keeps it, pixel for pixel.

    Parameters
    ----------
    per_class : images in a row; 10, or 6 where each picture has a credit to print
    """
    if len(dataset) == 0:
        raise ShapeError(f"contact_sheet: {dataset} holds no images")
    usual = 6 if dataset.credits else 10
    per_class = usual if per_class is None else checks.integer("contact_sheet", "per_class", per_class, 1)
    rows = _drawn(dataset, per_class, checks.integer("contact_sheet", "seed", seed, 0))
    mosaic = _mosaic(dataset, rows)
    names = [_clipped(name) for name in dataset.class_names[: len(rows)]]
    left = MARGIN + 8 + round(7.5 * max(map(len, names)))
    width = max(left + mosaic.shape[1] + MARGIN, 480)
    lines = textwrap.wrap(f"Source: {dataset.credit}" if dataset.credit else "", int((width - 2 * MARGIN) / 5.2))
    small = _picture_credits(dataset, rows, (width - 2 * MARGIN) // 8)
    below = MARGIN + LINE_HEIGHT * len(lines) + SMALL_LINE_HEIGHT * _half(small) + MARGIN // 2
    sheet = _Sheet(width, TITLE_HEIGHT + mosaic.shape[0] + below)
    sheet.text(MARGIN, TITLE_HEIGHT / 2, _title(dataset, len(rows)), size=10, weight="bold")
    sheet.picture(left, TITLE_HEIGHT, mosaic)
    row_height = (mosaic.shape[0] + GAP) / len(rows)
    for row, name in enumerate(names):
        sheet.text(left - 8, TITLE_HEIGHT + row * row_height + (row_height - GAP) / 2, name, ha="right")
    _write_credits(sheet, TITLE_HEIGHT + mosaic.shape[0] + MARGIN, lines, small)
    return sheet.figure


class _Sheet:
    """A figure measured in pixels from the top left."""

    def __init__(self, width: int, height: int):
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")

    def text(self, x: float, y: float, words: str, *, size: float = 9, color: str = TEXT, ha: str = "left", **style):
        words = words.replace("$", r"\$")  # a file's text, not mathematics
        place = (x / self.width, 1 - y / self.height)
        self.figure.text(*place, words, fontsize=size, color=color, ha=ha, va="center", **style)

    def picture(self, left: int, top: int, pixels: np.ndarray) -> None:
        """uint8 (H, W, 3), one pixel of it to one of the sheet."""
        height, width, _ = pixels.shape
        bottom = self.height - top - height
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.imshow(pixels, interpolation="nearest", aspect="auto")
        axes.set_axis_off()


def _write_credits(sheet: _Sheet, top: int, lines: list[str], small: list[str]) -> None:
    """`lines` over the whole width, then `small` in two columns."""
    for place, line in enumerate(lines):
        sheet.text(MARGIN, top + LINE_HEIGHT * (place + 0.5), line, size=7.5, color=FAINT)
    top += LINE_HEIGHT * len(lines)
    for place, line in enumerate(small):
        column, row = divmod(place, _half(small))
        x = MARGIN + column * (sheet.width - MARGIN) / 2
        sheet.text(x, top + SMALL_LINE_HEIGHT * (row + 0.5), line, size=5.5, color=FAINT)


def _half(lines: list[str]) -> int:
    return (len(lines) + 1) // 2


def _drawn(dataset: Dataset, per_class: int, seed: int) -> list[np.ndarray]:
    """For each class shown, the places of up to `per_class` images, in the order of the set."""
    rng = np.random.default_rng(seed)
    members = (np.flatnonzero(dataset.labels == label) for label in range(len(dataset.class_names[:CLASSES_SHOWN])))
    return [np.sort(rng.permutation(places)[:per_class]) for places in members]


def _mosaic(dataset: Dataset, rows: list[np.ndarray]) -> np.ndarray:
    """The images of `rows` on white, uint8 (H, W, 3), each enlarged a whole number of times."""
    _, _, h, w = dataset.images.shape
    times = max(1, round(CELL / max(h, w)))
    down, right = h * times + GAP, w * times + GAP
    columns = max(len(places) for places in rows)
    mosaic = np.full((len(rows) * down - GAP, columns * right - GAP, 3), 255, np.uint8)
    for row, places in enumerate(rows):
        for column, place in enumerate(places):
            image = dataset.images[place].transpose(1, 2, 0).repeat(times, axis=0).repeat(times, axis=1)
            mosaic[row * down : row * down + h * times, column * right : column * right + w * times] = image
    return mosaic


def _title(dataset: Dataset, shown: int) -> str:
    c, h, w = dataset.images.shape[1:]
    of = f", {shown} of {len(dataset.class_names)} classes" if shown < len(dataset.class_names) else ""
    colour = "grey" if c == 1 else "colour"
    return f"{dataset.name}, {dataset.split}: {len(dataset):,} images, {h}x{w}, {colour}{of}"


def _picture_credits(dataset: Dataset, rows: list[np.ndarray], width: int) -> list[str]:
    if not dataset.credits:
        return []
    return [
        textwrap.shorten(f"{_clipped(name)} {column}: {dataset.credits[place]}", max(width, 48), placeholder="...")
        for name, places in zip(dataset.class_names, rows)
        for column, place in enumerate(places, start=1)
    ]


def _clipped(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"
