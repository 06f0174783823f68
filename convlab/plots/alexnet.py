"""AlexNet layer by layer, as arithmetic: sizes, parameters and work for images of any size, without building the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from convlab import checks
from convlab.errors import ArgumentError, ShapeError
from convlab.geometry import output_size
from convlab.plots.style import FAINT, INPUT, KERNEL, OUTPUT, SMALL, TEXT, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# name, kernel, stride, padding, maps at full width, whether groups divide it
LAYERS = (
    ("conv1", 11, 4, 0, 96, False),
    ("pool1", 3, 2, 0, None, False),
    ("conv2", 5, 1, 2, 256, True),
    ("pool2", 3, 2, 0, None, False),
    ("conv3", 3, 1, 1, 384, False),
    ("conv4", 3, 1, 1, 384, True),
    ("conv5", 3, 1, 1, 256, True),
    ("pool5", 3, 2, 0, None, False),
)
HIDDEN = 4096
MARGIN, LINE = 0.15, 0.33  # inches


@dataclass(frozen=True)
class PlanRow:
    """One layer: its output, its parameters, its multiply-adds for one image, and the arithmetic of size and parameters."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    size_sum: str
    parameter_sum: str


@dataclass(frozen=True)
class AlexNetPlan:
    """AlexNet's table for images of `image_size` x `image_size`.

    Parameters
    ----------
    image_size : at least 67, below which nothing is left
    width : scales all maps and hidden units, as in `convlab.models.alexnet`
    groups : 1, or 2 for the two GPUs of 2012: conv2, conv4 and conv5 see half of the maps
    num_classes : int

    >>> plan = AlexNetPlan()
    >>> plan.parameters, AlexNetPlan(groups=2).parameters
    (62378344, 60965224)
    >>> plan.row("conv1").size_sum
    '(227 − 11)/4 + 1 = 55'
    """

    image_size: int = 227
    width: float = 1.0
    groups: int = 1
    num_classes: int = 1000

    def __post_init__(self) -> None:
        who = "AlexNetPlan"
        for name in ("image_size", "groups", "num_classes"):
            checks.integer(who, name, getattr(self, name), 1)
        checks.number(who, "width", self.width, 1e-3)
        if self.groups not in (1, 2):
            raise ArgumentError(f"{who}: groups must be 1 or 2, got {self.groups}")
        if self.image_size < 67:
            raise ShapeError(f"{who}: image_size must be at least 67, got {self.image_size}")

    def _scaled(self, maps: int) -> int:
        return max(1, round(maps * self.width / self.groups)) * self.groups

    @cached_property
    def rows(self) -> tuple[PlanRow, ...]:
        """A row for each layer, from conv1 to fc8."""
        rows, maps, side = [], 3, self.image_size
        for name, kernel, stride, padding, full, grouped in LAYERS:
            before, side = side, output_size(side, kernel, stride, padding)
            size_sum = _size_sum(before, kernel, stride, padding)
            if full is None:
                rows.append(PlanRow(name, (maps, side, side), 0, 0, size_sum, "nothing is learnt"))
                continue
            filters, seen = self._scaled(full), maps // (self.groups if grouped else 1)
            weights = filters * seen * kernel**2
            sums = f"{filters} · {seen} · {kernel} · {kernel} + {filters}"
            rows.append(PlanRow(name, (filters, side, side), weights + filters, weights * side**2, size_sum, sums))
            maps = filters
        units = maps * side**2
        for name, out in (("fc6", self._scaled(HIDDEN)), ("fc7", self._scaled(HIDDEN)), ("fc8", self.num_classes)):
            sums = f"{units} · {out} + {out}"
            rows.append(PlanRow(name, (out,), units * out + out, units * out, f"{out} units", sums))
            units = out
        return tuple(rows)

    def row(self, name: str) -> PlanRow:
        """The row of a layer by its name."""
        found = next((row for row in self.rows if row.name == name), None)
        if found is None:
            raise ArgumentError(f"AlexNetPlan: no layer {name!r}; there are {', '.join(row.name for row in self.rows)}")
        return found

    @property
    def parameters(self) -> int:
        """Of all layers together."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Of all layers together, for one image."""
        return sum(row.multiply_adds for row in self.rows)

    def sentence(self, name: str) -> str:
        """A layer in words, with its arithmetic.

        >>> AlexNetPlan(224).sentence("conv1")
        'conv1: (224 − 11)/4 + 1 = 54.25, rounded down 54; parameters 96 · 3 · 11 · 11 + 96 = 34,944, 0.1 % of all.'
        """
        row = self.row(name)
        share = f"{row.parameters / self.parameters:.1%}".replace("%", " %")
        told = f"{row.name}: {row.size_sum}; "
        if not row.parameters:
            return f"{told}no parameters."
        return f"{told}parameters {row.parameter_sum} = {row.parameters:,}, {share} of all."


def _size_sum(size: int, kernel: int, stride: int, padding: int) -> str:
    """The size of an output with the numbers put into the formula."""
    rim = f" + 2 · {padding}" if padding else ""
    exact = (size + 2 * padding - kernel) / stride + 1
    over = f"/{stride}" if stride > 1 else ""
    inner = f"({size}{rim} − {kernel}){over} + 1"
    count = output_size(size, kernel, stride, padding)
    return f"{inner} = {exact:g}" + ("" if exact == count else f", rounded down {count}")


@styled
def alexnet_budget(plan: AlexNetPlan, chosen: str | None = None) -> "Figure":
    """AlexNet's table as a picture: the shape of each layer, and bars for its parameters and its multiply-adds.

    Parameters
    ----------
    plan : AlexNetPlan
    chosen : a layer whose row stands out, by its name, optional

    Returns
    -------
    matplotlib Figure
    """
    if not isinstance(plan, AlexNetPlan):
        raise ArgumentError(f"alexnet_budget: expected an AlexNetPlan, got {type(plan).__name__}")
    if chosen is not None:
        plan.row(chosen)
    figure, axes = canvas(MARGIN + 0.36 + (len(plan.rows) + 2) * LINE + MARGIN)
    heads = (
        ("layer", 0.2, "left"),
        ("output", 1.05, "left"),
        ("parameters", 2.6, "left"),
        ("multiply-adds", 5.0, "left"),
    )
    for text, x, side in heads:
        axes.text(x, MARGIN, text, ha=side, va="top", fontsize=SMALL, color=FAINT)
    top = MARGIN + 0.3
    side = plan.image_size
    _line(axes, top, "input", f"3 × {side} × {side}", INPUT.ink)
    most = [max(getattr(row, what) for row in plan.rows) for what in ("parameters", "multiply_adds")]
    for k, row in enumerate(plan.rows, 1):
        y = top + k * LINE
        if row.name == chosen:
            _band(axes, y)
        _line(axes, y, row.name, " × ".join(map(str, row.shape)), OUTPUT.ink)
        if row.parameters:
            _bar(axes, 2.6, y, 1.15 * row.parameters / most[0], f"{row.parameters:,}", KERNEL)
            _bar(axes, 5.0, y, 0.95 * row.multiply_adds / most[1], _short(row.multiply_adds), OUTPUT)
    y = top + (len(plan.rows) + 1) * LINE
    axes.plot([0.15, WIDTH - 0.15], [y - 0.01] * 2, color=FAINT, linewidth=0.8)
    for text, x in (("together", 0.2), (f"{plan.parameters:,}", 2.6), (_short(plan.multiply_adds), 5.0)):
        axes.text(x, y + LINE / 2, text, ha="left", va="center", fontsize=TEXT)
    shapes = ", ".join(f"{row.name} {' x '.join(map(str, row.shape))}" for row in plan.rows)
    return describe(
        figure,
        f"AlexNet on images of {side} x {side}, width {plan.width:g}, {plan.groups} group{'s' * (plan.groups > 1)}: {shapes}. "
        f"{plan.parameters:,} parameters, {_short(plan.multiply_adds)} multiply-adds.",
    )


def _short(count: int) -> str:
    """A large number in few digits.

    >>> _short(105415200), _short(4096000), _short(950)
    ('105.4 million', '4.1 million', '950')
    """
    if count >= 1e9:
        return f"{count / 1e9:.2f} billion"
    return f"{count / 1e6:.1f} million" if count >= 1e5 else f"{count:,}"


def _line(axes: Any, top: float, name: str, shape: str, ink: str) -> None:
    axes.text(0.2, top + LINE / 2, name, ha="left", va="center", fontsize=TEXT, color=ink)
    axes.text(1.05, top + LINE / 2, shape, ha="left", va="center", fontsize=TEXT, color=ink)


def _band(axes: Any, top: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((0.1, top + 0.02), WIDTH - 0.2, LINE - 0.04, facecolor="#F2F2F2", edgecolor="none", zorder=0)
    )


def _bar(axes: Any, left: float, top: float, width: float, text: str, role: Any) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((left, top + 0.06), max(width, 0.012), LINE - 0.12, facecolor=role.line, edgecolor="none", zorder=1)
    )
    axes.text(left + width + 0.07, top + LINE / 2, text, ha="left", va="center", fontsize=SMALL, color=role.ink)


# ------------------------------------------------------------------------------------------------ errors by year
@styled
def error_chart(entries: Sequence[tuple[int, str, float, bool]], *, label: str = "top-5 error (%)") -> "Figure":
    """Bars of an error over the years: convolutional networks in green, what came before in grey.

    Parameters
    ----------
    entries : sequence of (year, name, error, whether it is a convolutional network)
    label : of the axis

    Returns
    -------
    matplotlib Figure

    >>> error_chart([(2011, "", 25.8, False), (2012, "AlexNet", 16.4, True)]).get_label()
    'top-5 error (%): 2011 25.8, 2012 AlexNet 16.4.'
    """
    from convlab.plots.style import new_figure

    if not entries or any(len(entry) != 4 for entry in entries):
        raise ShapeError("error_chart: expected entries (year, name, error, whether it is a convolutional network)")
    figure = new_figure(3.2)
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    for place, (_, _, error, network) in enumerate(entries):
        axes.bar(place, error, width=0.7, color=OUTPUT.line if network else "#BFBFBF")
        axes.annotate(f"{error:g}", (place, error), (0, 3), textcoords="offset points", ha="center", fontsize=TEXT,
                      color=OUTPUT.ink if network else FAINT)  # fmt: skip
    axes.set_xticks(range(len(entries)), [f"{year}\n{name}" for year, name, _, _ in entries])
    axes.set_ylabel(label)
    axes.set_ylim(0, 1.12 * max(error for _, _, error, _ in entries))
    axes.grid(axis="x", visible=False)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", length=0)
    words = ", ".join(f"{year} {name + ' ' if name else ''}{error:g}" for year, name, error, _ in entries)
    return describe(figure, f"{label}: {words}.")
