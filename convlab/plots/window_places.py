"""All the places of a window: along a line, one below the other, and on a square image with the output beside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convlab.errors import ArgumentError
from convlab.plots.cells import Box, draw_cell, frame
from convlab.plots.places import Places
from convlab.plots.style import FAINT, INPUT, KERNEL, LINE, OUTPUT, SMALL, TEXT, TITLE, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD = 0.15, 0.36  # inches: round the figure, above a grid for its title
LARGEST = 24  # pixels, padding included, that have room for their numbers
ROWS = 10  # windows drawn one below the other
LABEL, RESULT = 1.0, 0.75  # inches: left of a line for its name, right of it for the output


@styled
def window_places(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> "Figure":
    """Every window along one axis, one below the other: which pixels it multiplies, and which are never seen.

    Parameters
    ----------
    size, kernel, stride, padding, dilation : int
        Of the input, up to 24 pixels with its padding; of many windows the first and the last are drawn.

    Returns
    -------
    matplotlib Figure

    >>> window_places(7, 3, stride=3).get_label()[:57]
    'A window of 3 on 7 pixels, stride 3: it fits at 2 places.'
    """
    places = _checked("window_places", Places(size, kernel, stride, padding, dilation))
    windows = list(range(places.count))
    shown: list[int | None] = windows if len(windows) <= ROWS else [*windows[: ROWS - 2], None, windows[-1]]
    cell = min(0.46, (WIDTH - 2 * MARGIN - LABEL - RESULT) / len(places.pixels))
    left = (WIDTH - LABEL - RESULT - cell * len(places.pixels)) / 2 + LABEL
    below = MARGIN + HEAD + 0.36 + 0.14
    foot = below + max(len(shown), 1) * 0.36 + 0.06
    figure, axes = canvas(foot + 0.25 * (1 + bool(places.remark())) + MARGIN)
    line = Box(left, MARGIN + HEAD, cell * len(places.pixels), 0.36)
    _draw_input(axes, places, line, cell)
    for row, window in enumerate(shown):
        top = below + row * 0.36
        if window is None:
            axes.text(left - 0.55, top + 0.14, "⋮", ha="center", va="center", fontsize=TITLE, color=FAINT)
        else:
            _draw_window(axes, places, window, line, top, cell)
    if not windows:
        axes.text(left, below + 0.14, "no window fits", ha="left", va="center", fontsize=TEXT, color=KERNEL.ink)
    said = "\n".join(filter(None, (places.sentence(), places.remark())))
    axes.text(WIDTH / 2, foot, said, ha="center", va="top", fontsize=TEXT, linespacing=1.4)
    return describe(figure, _line_in_words(places))


def _checked(who: str, places: Places) -> Places:
    if len(places.pixels) > LARGEST:
        raise ArgumentError(
            f"{who}: up to {LARGEST} pixels can be drawn, padding included, got {places.size} + 2·{places.padding}; "
            "convlab.geometry.output_size counts any number"
        )
    return places


def _settings(places: Places) -> str:
    """Stride, padding and dilation in words, where they are not the plain ones."""
    parts = [f"stride {places.stride}"]
    parts += [f"padding {places.padding}"] if places.padding else []
    parts += [f"dilation {places.dilation}"] if places.dilation > 1 else []
    return ", ".join(parts)


def _line_in_words(places: Places) -> str:
    fits = (
        f"it fits at {places.count} {'place' if places.count == 1 else 'places'}" if places.count else "it fits nowhere"
    )
    told = " ".join(filter(None, (f"{places.sentence()}.", places.remark())))
    return f"A window of {places.kernel} on {places.size} pixels, {_settings(places)}: {fits}. {told}"


def _draw_input(axes: Any, places: Places, line: Box, cell: float) -> None:
    """The pixels with their numbers; padding dashed, what is never seen hatched."""
    axes.text(line.left - 0.12, line.middle[1], "pixel", ha="right", va="center", fontsize=TEXT, color=INPUT.ink)
    for k, pixel in enumerate(places.pixels):
        box = Box(line.left + k * cell, line.top, cell, line.height)
        if 0 <= pixel < places.size:
            unseen = places.count and pixel in places.unseen
            draw_cell(axes, box, str(pixel), fill="white" if unseen else INPUT.fill, ink=INPUT.ink, size=SMALL)
            if unseen:
                _hatch(axes, box)
        else:
            _dash(axes, box)
    inner = Box(line.left + places.padding * cell, line.top, places.size * cell, line.height)
    frame(axes, inner, INPUT.line, 2.0)
    name = f"input: {places.size}" + (
        f", with {places.padding} zero{'s' * (places.padding > 1)} on each side (dashed)" if places.padding else ""
    )
    axes.text(inner.left, line.top - 0.09, name, ha="left", va="bottom", fontsize=TITLE, color=INPUT.ink)


def _draw_window(axes: Any, places: Places, window: int, line: Box, top: float, cell: float) -> None:
    """The taps of one window below the pixels they meet, and the output that they give."""
    taps, height = places.taps(window), 0.28
    x = [line.left + (pixel + places.padding) * cell for pixel in taps]
    axes.plot(
        (x[0], x[-1] + cell), (top + height / 2,) * 2, color=KERNEL.line, linewidth=1.5, zorder=1, solid_capstyle="butt"
    )
    for v, left in enumerate(x):
        box = Box(left, top, cell, height)
        draw_cell(axes, box, f"w{_subscript(v)}" if cell > 0.28 else "", fill=KERNEL.fill, ink=KERNEL.ink, size=SMALL)
        frame(axes, box, KERNEL.line, 1.4)
    axes.text(
        line.left - 0.12, top + height / 2, f"window {window}", ha="right", va="center", fontsize=TEXT, color=KERNEL.ink
    )
    result = Box(line.right + 0.25, top, 0.46, height)
    draw_cell(axes, result, f"y{_subscript(window)}", fill=OUTPUT.fill, ink=OUTPUT.ink, size=SMALL)
    frame(axes, result, OUTPUT.line, 1.4)


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


@styled
def window_on_grid(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, row: int = 0, column: int = 0
) -> "Figure":
    """A square image with its padding, one window on it, a dot where each window begins, and the output beside it.

    Parameters
    ----------
    size, kernel, stride, padding, dilation : int
        The same along both axes, up to 24 pixels with the padding.
    row, column : int
        Which window: the place of its output.

    Returns
    -------
    matplotlib Figure

    >>> window_on_grid(7, 3, stride=2, row=1).get_label()[64:111]
    'Output (1, 0) sees rows 2 to 4, columns 0 to 2.'
    """
    places = _checked("window_on_grid", Places(size, kernel, stride, padding, dilation))
    for name, value in (("row", row), ("column", column)):
        if places.count and not 0 <= value < places.count:
            raise ArgumentError(f"window_on_grid: {name} must be from 0 to {places.count - 1}, got {value}")
    n, N, gap = len(places.pixels), places.count, 0.7
    side = min(0.4, (WIDTH - 2 * MARGIN - gap) / (n + max(N, 5)), 3.6 / n)
    left = max(MARGIN, (WIDTH - gap - side * (n + max(N, 5))) / 2)
    board = Box(left, MARGIN + HEAD, n * side, n * side)
    foot = board.bottom + 0.14
    figure, axes = canvas(foot + 0.25 * (1 + bool(places.remark())) + MARGIN)
    inner = Box(board.left + padding * side, board.top + padding * side, size * side, size * side)
    _draw_board(axes, places, board, side)
    frame(axes, inner, INPUT.line, 2.0)
    rim = f", padding {padding}" if padding else ""
    axes.text(board.left, board.top - 0.09, f"input {size} x {size}{rim}", va="bottom", fontsize=TITLE, color=INPUT.ink)
    if N:
        _draw_taps(axes, places, board, side, row, column)
        output = Box(board.right + gap, board.top + (n - N) * side / 2, N * side, N * side)
        _draw_output(axes, output, side, N, row, column)
    else:
        axes.text(
            board.right + gap / 2, board.middle[1], "no window fits", va="center", fontsize=TEXT, color=KERNEL.ink
        )
    said = "\n".join(filter(None, (places.sentence(), places.remark("Row and column", "Rows and columns"))))
    axes.text(WIDTH / 2, foot, said, ha="center", va="top", fontsize=TEXT, linespacing=1.4)
    return describe(figure, grid_in_words(places, row, column))


def grid_in_words(places: Places, row: int, column: int) -> str:
    """What `window_on_grid` shows, for those who cannot see it."""
    what = f"A {places.kernel} x {places.kernel} window on a {places.size} x {places.size} image, {_settings(places)}"
    told = " ".join(filter(None, (f"{places.sentence()}.", places.remark("Row and column", "Rows and columns"))))
    if not places.count:
        return f"{what}. {told}"
    rows, columns = places.taps(row), places.taps(column)
    seen = (
        f"sees rows {_signed(rows[0])} to {_signed(rows[-1])}, columns {_signed(columns[0])} to {_signed(columns[-1])}"
    )
    return f"{what}; the output is {places.count} x {places.count}. Output ({row}, {column}) {seen}. {told}"


def _signed(value: int) -> str:
    return str(value).replace("-", "−")


def _draw_board(axes: Any, places: Places, board: Box, side: float) -> None:
    """Pixels in blue, padding white and dashed, hatched what is never seen."""
    seen, unseen, rim = [], [], []
    for i, row in enumerate(places.pixels):
        for j, column in enumerate(places.pixels):
            box = Box(board.left + j * side, board.top + i * side, side, side)
            if not (0 <= row < places.size and 0 <= column < places.size):
                rim.append(box)
            else:
                lost = places.count and (row in places.unseen or column in places.unseen)
                (unseen if lost else seen).append(box)
    _squares(axes, seen, facecolor=INPUT.fill, edgecolor=LINE, linewidth=0.8)
    _squares(axes, unseen, facecolor="white", edgecolor=FAINT, linewidth=0.8, hatch="////")
    _squares(axes, rim, facecolor="white", edgecolor=FAINT, linewidth=0.8, linestyle=":")


def _draw_taps(axes: Any, places: Places, board: Box, side: float, row: int, column: int) -> None:
    """The pixels under the kernel, and a dot where each window begins."""
    spots = [
        Box(board.left + (c + places.padding) * side, board.top + (r + places.padding) * side, side, side)
        for r in places.taps(row)
        for c in places.taps(column)
    ]
    _squares(axes, spots, facecolor=KERNEL.fill, edgecolor=KERNEL.line, linewidth=1.2, zorder=2)
    whole = Box(spots[0].left, spots[0].top, places.extent * side, places.extent * side)
    frame(axes, whole, KERNEL.line)
    starts = [(window * places.stride + 0.5) * side for window in range(places.count)]
    x, y = zip(*((board.left + right, board.top + down) for down in starts for right in starts))
    axes.plot(x, y, "o", color=KERNEL.ink, markersize=max(2.0, 9 * side), zorder=4, markeredgewidth=0)


def _draw_output(axes: Any, box: Box, side: float, count: int, row: int, column: int) -> None:
    cells = [Box(box.left + j * side, box.top + i * side, side, side) for i in range(count) for j in range(count)]
    _squares(axes, cells, facecolor=OUTPUT.fill, edgecolor=LINE, linewidth=0.8)
    frame(axes, box, OUTPUT.line, 2.0)
    spot = Box(box.left + column * side, box.top + row * side, side, side)
    _squares(axes, [spot], facecolor=OUTPUT.line, edgecolor=OUTPUT.ink, linewidth=1.2, zorder=2)
    frame(axes, spot, OUTPUT.ink)
    axes.text(box.left, box.top - 0.09, f"output {count} x {count}", va="bottom", fontsize=TITLE, color=OUTPUT.ink)


def _squares(axes: Any, boxes: Sequence[Box], **look: Any) -> None:
    """Many cells of one look at once."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    patches = [Rectangle((box.left, box.top), box.width, box.height) for box in boxes]
    axes.add_collection(PatchCollection(patches, **look))


def _hatch(axes: Any, box: Box) -> None:
    _squares(axes, [box], facecolor="none", edgecolor=FAINT, linewidth=0.8, hatch="////", alpha=0.6)


def _dash(axes: Any, box: Box) -> None:
    _squares(axes, [box], facecolor="white", edgecolor=FAINT, linewidth=0.8, linestyle=":")
