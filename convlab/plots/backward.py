"""The way back through a convolution, one number at a time: which outputs touch which input, and which weight meets what.

`BackStep` holds the arrays and finds the products; `backward_step` draws them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from convlab import functional as F
from convlab.errors import ArgumentError, DtypeError, ShapeError
from convlab.geometry import output_size
from convlab.plots.cells import CHARACTER, Box, cell_width, draw_cell, draw_grid, frame, wrapped
from convlab.plots.style import (
    FAINT,
    GRADIENT,
    INPUT,
    KERNEL,
    SMALL,
    TEXT,
    WIDTH,
    Role,
    canvas,
    describe,
    number,
    styled,
)
from convlab.plots.window import as_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN, HEAD, GAP = 0.15, 0.36, 0.6  # inches
LARGEST, LARGEST_KERNEL = 7, 4  # rows and columns that have room for numbers
MOST_TERMS = 12  # a longer sum is shortened
BY = ("input", "weights")


class Term(NamedTuple):
    """One product of a gradient: the output whose dy it holds, and its partner's place (a tap of w, or a pixel of x)."""

    output: tuple[int, int]
    partner: tuple[int, int]


@dataclass(frozen=True, eq=False)
class BackStep:
    """One number of a gradient of a convolution, and the products that it is the sum of.

    With p = padding, s = stride and y = conv2d(x, w):

    - by="input": dx[r, c] = sum of dy[i, j] w[r + p - s i, c + p - s j] over the outputs (i, j) whose window covers (r, c);
    - by="weights": dw[r, c] = sum of dy[i, j] x[s i + r - p, s j + c - p] over all outputs (i, j), x being 0 outside.

    Parameters
    ----------
    x : (H, W), numbers or names
    w : (KH, KW)
    dy : (OH, OW), the gradient by the outputs
    by : "input" or "weights"
    row, column : which number of dx, or of dw
    stride, padding : int

    >>> step = BackStep([["a", "b"], ["c", "d"]], [["f", "g"]], [["p"], ["q"]], by="weights", column=1)
    >>> step.sentence()
    'dw[0, 1] = p·b + q·d'
    >>> BackStep(np.eye(3), [[1, 2], [3, 4]], [[10, 20], [30, 40]], row=1, column=1).sentence()
    'dx[1, 1] = 10·4 + 20·3 + 30·2 + 40·1 = 200'
    """

    x: Any
    w: Any
    dy: Any
    by: str = "input"
    row: int = 0
    column: int = 0
    stride: int = 1
    padding: int = 0

    def __post_init__(self):
        arrays = {name: as_grid("BackStep", name, getattr(self, name)) for name in ("x", "w", "dy")}
        if len({array.dtype.kind == "U" for array in arrays.values()}) == 2:
            raise DtypeError("BackStep: x, w and dy must all hold numbers or all hold names")
        for name, array in arrays.items():
            object.__setattr__(self, name, array)
        if self.by not in BY:
            raise ArgumentError(f"BackStep: by must be 'input' or 'weights', got {self.by!r}")
        for name, least in (("stride", 1), ("padding", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ArgumentError(f"BackStep: {name} must be a whole number of at least {least}, got {value!r}")
        expected = output_shape(self.x.shape, self.w.shape, self.stride, self.padding)
        if self.dy.shape != expected:
            raise ShapeError(f"BackStep: dy must have the shape of the output, {expected}, got {self.dy.shape}")
        rows, columns = self.shape
        if not (0 <= self.row < rows and 0 <= self.column < columns):
            raise ArgumentError(
                f"BackStep: there is no {self.name}[{self.row}, {self.column}]; rows go from 0 to {rows - 1}, columns "
                f"from 0 to {columns - 1}"
            )

    @property
    def name(self) -> str:
        """ "dx" or "dw"."""
        return "dx" if self.by == "input" else "dw"

    @property
    def shape(self) -> tuple[int, int]:
        """Of the gradient."""
        return self.x.shape if self.by == "input" else self.w.shape

    @property
    def terms(self) -> tuple[Term, ...]:
        """The products, output by output."""
        return tuple(term for term in map(self._term, np.ndindex(*self.dy.shape)) if term is not None)

    def _term(self, output: tuple[int, int]) -> Term | None:
        corner = [self.stride * k - self.padding for k in output]  # of the output's window, in pixels of x
        here = (self.row, self.column)
        if self.by == "input":
            partner, within = tuple(a - b for a, b in zip(here, corner)), self.w.shape
        else:
            partner, within = tuple(a + b for a, b in zip(here, corner)), self.x.shape
        return Term(output, partner) if all(0 <= k < n for k, n in zip(partner, within)) else None

    @property
    def partners(self) -> np.ndarray:
        """The array that dy is multiplied by: w for dx, x for dw."""
        return self.w if self.by == "input" else self.x

    @property
    def total(self) -> float | str:
        """The number itself; of names, the sum written out."""
        if self.dy.dtype.kind == "U":
            return " + ".join(f"{self.dy[t.output]}·{self.partners[t.partner]}" for t in self.terms) or "0"
        return float(sum(self.dy[t.output] * self.partners[t.partner] for t in self.terms))

    @cached_property
    def gradient(self) -> np.ndarray:
        """The whole gradient, by `convlab.functional`; of names, every sum written out."""
        if self.dy.dtype.kind == "U":
            rows, columns = self.shape
            return np.array([[self.at(r, c).total for c in range(columns)] for r in range(rows)])
        dy, x, w = (array[np.newaxis, np.newaxis] for array in (self.dy, self.x, self.w))
        options = {"stride": self.stride, "padding": self.padding}
        if self.by == "input":
            return F.conv2d_grad_input(dy, w, x.shape, **options)[0, 0]
        return F.conv2d_grad_weight(dy, x, w.shape, **options)[0, 0]

    def at(self, row: int, column: int) -> "BackStep":
        """Another number of the same gradient."""
        return BackStep(self.x, self.w, self.dy, self.by, row, column, self.stride, self.padding)

    def sentence(self) -> str:
        """The sum written out; the middle of a long one is left out."""
        left = f"{self.name}[{self.row}, {self.column}] = "
        if self.dy.dtype.kind == "U":
            return left + str(self.total)
        if not self.terms:
            return f"{left}0: no window covers this pixel"
        numbers = [(number(self.dy[t.output]), number(self.partners[t.partner])) for t in self.terms]
        products = [f"{_bracketed(dy)}·{_bracketed(partner)}" for dy, partner in numbers]
        if len(products) > MOST_TERMS:
            products[4:-1] = [f"… ({len(products) - 5} more)"]
        return f"{left}{' + '.join(products)} = {number(self.total)}"


def output_shape(x: tuple[int, int], w: tuple[int, int], stride: int, padding: int) -> tuple[int, int]:
    """Rows and columns of the output of a convolution.

    >>> output_shape((5, 7), (3, 3), 2, 1)
    (3, 4)
    """
    shape = tuple(output_size(M, K, stride, padding) for M, K in zip(x, w))
    if min(shape) < 1:
        raise ShapeError(f"the kernel {w} does not fit on the image {x} with padding {padding}")
    return shape


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


@styled
def backward_step(step: BackStep) -> "Figure":
    """One number of a gradient: the outputs it comes from, what each is multiplied by, and the sum.

    By the input: the pixel is framed in dx, the outputs that saw it are lit in dy, each with the weight that it saw the
    pixel through. By the weights: the tap is framed in dw, and lit in x are the pixels that it met, each with the dy of that
    meeting.

    Parameters
    ----------
    step : BackStep
        Of an image of up to 7 x 7 and a kernel of up to 4 x 4.

    Returns
    -------
    matplotlib Figure

    >>> step = BackStep(np.eye(3), [[1, 2], [3, 4]], [[10, 20], [30, 40]], row=0, column=0)
    >>> backward_step(step).get_label()
    'Gradient by the input of a 2 x 2 kernel on 3 x 3, stride 1, padding 0: dx[0, 0] = 10·1 = 10. 1 output lit.'
    """
    if max(step.x.shape) > LARGEST or max(step.w.shape) > LARGEST_KERNEL or max(step.dy.shape) > LARGEST:
        raise ShapeError(
            f"backward_step: up to {LARGEST} x {LARGEST} pixels, {LARGEST} x {LARGEST} outputs and "
            f"{LARGEST_KERNEL} x {LARGEST_KERNEL} weights have room, got {step.x.shape}, {step.dy.shape} and {step.w.shape}"
        )
    plan = _Plan(step)
    figure, axes = canvas(plan.height)
    _draw_board(axes, step, plan)
    _draw_upstream(axes, step, plan)
    _draw_kernel(axes, step, plan)
    axes.text(plan.said, plan.kernel_top - 0.04, plan.sentence, ha="left", va="top", fontsize=TEXT, linespacing=1.4)
    return describe(figure, in_words(step))


def in_words(step: BackStep) -> str:
    """What `backward_step` shows, for those who cannot see it."""
    by = "input" if step.by == "input" else "weights"
    lit = f"{len(step.terms)} {'output' if step.by == 'input' else 'pixel'}{'s' * (len(step.terms) != 1)} lit"
    return (
        f"Gradient by the {by} of a {_by(step.w)} kernel on {_by(step.x)}, stride {step.stride}, padding {step.padding}: "
        f"{step.sentence()}. {lit}."
    )


def _by(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))


class _Plan:
    """Where the parts lie, in inches: x or dx on the left, dy on the right; below them w or dw, and the sum."""

    def __init__(self, step: BackStep):
        (H, W), (OH, OW), p = step.x.shape, step.dy.shape, step.padding
        board = step.gradient if step.by == "input" and step.dy.dtype.kind != "U" else step.x
        needed = max(cell_width(board, SMALL, 0), cell_width(step.dy, SMALL, 0), 0.6)
        self.cell = min(needed, (WIDTH - 2 * MARGIN - GAP) / (W + 2 * p + OW), 0.8)
        self.row = min(0.52, max(0.4, self.cell))
        self.left = (WIDTH - GAP - self.cell * (W + 2 * p + OW)) / 2
        self.top = MARGIN + HEAD
        self.board = Box(self.left, self.top, (W + 2 * p) * self.cell, (H + 2 * p) * self.row)
        self.image = Box(self.left + p * self.cell, self.top + p * self.row, W * self.cell, H * self.row)
        self.upstream = (self.board.right + GAP, self.image.top + max(0.0, (self.image.height - OH * self.row) / 2))
        lowest = max(self.board.bottom, self.upstream[1] + OH * self.row)
        self.kernel_top = lowest + HEAD + 0.12
        numbers = step.w if step.by == "input" or step.dy.dtype.kind == "U" else step.gradient
        self.weight = cell_width(numbers, TEXT, 0.46)
        self.said = self.left + max(step.w.shape[1] * self.weight, 0.5) + 0.35
        first, *others = step.sentence().split(" + ")
        self.sentence = wrapped([first, *(f"+ {term}" for term in others)], WIDTH - MARGIN - self.said, TEXT)
        lines = self.sentence.count("\n") + 1
        self.height = self.kernel_top + max(len(step.w) * 0.4, lines * 0.24) + MARGIN


def _draw_board(axes: Any, step: BackStep, plan: _Plan) -> None:
    """The pixels: of dx with one framed, or of x with those lit that the tap met. Padding is dashed."""
    from matplotlib.patches import Rectangle

    if step.padding:
        board = plan.board
        axes.add_patch(Rectangle((board.left, board.top), board.width, board.height, facecolor="white", edgecolor=FAINT,
                                 linewidth=1.0, linestyle=":"))  # fmt: skip
    image, cell = plan.image, {"width": plan.cell, "height": plan.row}
    if step.by == "weights":
        lit = {term.partner: term.output for term in step.terms}
        title = "x, the input" + (" with its padding" if step.padding else "")
        shown = _shortened(step.x, plan.cell)
        draw_grid(axes, shown, image.left, image.top, role=INPUT, title=title, size=SMALL, without=lit, **cell)
        cells = [_cell(image, place, plan) for place in lit]
        _draw_pairs(axes, cells, [step.x[place] for place in lit], [step.dy[output] for output in lit.values()])
        return
    named = step.dy.dtype.kind == "U"
    shown = np.full(step.x.shape, "") if named else _shortened(step.gradient, plan.cell)
    draw_grid(axes, shown, image.left, image.top, role=GRADIENT, title="dx, by the input", size=SMALL, **cell)
    place = _cell(image, (step.row, step.column), plan)
    if named:
        draw_cell(axes, place, f"d{step.x[step.row, step.column]}", fill=GRADIENT.fill, ink=GRADIENT.ink, size=SMALL)
    frame(axes, place, GRADIENT.ink, 3.5)


def _draw_upstream(axes: Any, step: BackStep, plan: _Plan) -> None:
    """The outputs: dy, lit where the framed pixel was seen, with the weight it was seen through."""
    left, top = plan.upstream
    cell = {"width": plan.cell, "height": plan.row}
    lit = {term.output: term.partner for term in step.terms} if step.by == "input" else {}
    shown = _shortened(step.dy, plan.cell)
    whole = draw_grid(
        axes, shown, left, top, role=GRADIENT, title="dy, by the outputs", size=SMALL, without=lit, **cell
    )
    cells = [_cell(whole, place, plan) for place in lit]
    _draw_pairs(axes, cells, [step.dy[place] for place in lit], [step.w[tap] for tap in lit.values()])


def _draw_kernel(axes: Any, step: BackStep, plan: _Plan) -> None:
    """w with the taps framed that were used, or dw with the one in question."""
    named = step.dy.dtype.kind == "U"
    role: Role = KERNEL if step.by == "input" else GRADIENT
    values = step.w if step.by == "input" else np.full(step.w.shape, "") if named else step.gradient
    title = "w, the kernel" if step.by == "input" else "dw, by the weights"
    size = {"width": plan.weight, "height": 0.4}
    box = draw_grid(axes, values, plan.left, plan.kernel_top, role=role, title=title, **size)
    marked = {term.partner for term in step.terms} if step.by == "input" else {(step.row, step.column)}
    for u, v in sorted(marked):
        place = Box(box.left + v * plan.weight, box.top + u * 0.4, plan.weight, 0.4)
        if named and step.by == "weights":
            draw_cell(axes, place, f"d{step.w[u, v]}", fill=role.fill, ink=role.ink, size=SMALL)
        frame(axes, place, role.ink, 2.5 if step.by == "input" else 3.5)


def _cell(grid: Box, place: tuple[int, int], plan: _Plan) -> Box:
    return Box(grid.left + place[1] * plan.cell, grid.top + place[0] * plan.row, plan.cell, plan.row)


def _shortened(values: np.ndarray, width: float) -> np.ndarray:
    """Numbers with as many digits after the point, up to two, as cells of that width hold. Names stay as they are."""
    if values.dtype.kind == "U":
        return values
    for digits in (2, 1):
        if _fits([number(value) for value in values.round(digits).ravel()], width):
            return values.round(digits)
    return values.round(0)


def _fits(texts: list[str], width: float) -> bool:
    return max(map(len, texts), default=0) * SMALL * CHARACTER <= width


def _draw_pairs(axes: Any, cells: list[Box], values: list[Any], factors: list[Any]) -> None:
    """Lit cells: the number of each, and what it is multiplied by if there is room in all of them."""
    width = min((cell.width for cell in cells), default=0.0)
    upper, lower = ([number(each) for each in _shortened(np.asarray(list_), width)] for list_ in (values, factors))
    paired = _fits([f"× {text}" for text in lower], width)
    for cell, text, factor in zip(cells, upper, lower):
        text = f"{text}\n× {factor}" if paired else text
        draw_cell(axes, cell, text, fill=KERNEL.fill, ink=KERNEL.ink, size=SMALL)
        frame(axes, cell, KERNEL.line, 2.5)
