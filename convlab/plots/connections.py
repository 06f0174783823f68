"""Which output sees which input, and which connections share a weight: full, local, tiled and shared layers."""

from typing import TYPE_CHECKING, Any

from convlab.errors import ArgumentError
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, TITLE, WIDTH, canvas, describe, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("full", "local", "tiled", "shared")
TITLES = {
    "full": "fully connected", "local": "locally connected", "tiled": "tiled, sets take turns", "shared": "shared: convolution",
}  # fmt: skip
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222", "#8A8A8A")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
PANEL = 2.05  # inches of height
MOST = 9  # inputs


def weight_of(kind: str, output: int, tap: int, inputs: int, kernel: int, tiles: int = 2) -> int:
    """The number of the weight on a connection: connections with the same number share it.

    Parameters
    ----------
    kind : "full", "local", "tiled" or "shared"
    output, tap : which output, and which of its inputs
    inputs, kernel : of the layer
    tiles : sets of weights that take turns in a tiled layer

    >>> [weight_of(kind, 3, 1, inputs=7, kernel=3) for kind in KINDS]
    [22, 10, 4, 1]
    """
    sets = {"full": output, "local": output, "tiled": output % tiles, "shared": 0}
    return sets[kind] * (inputs if kind == "full" else kernel) + tap


@styled
def connections(inputs: int = 6, kernel: int = 3, *, kinds: Any = KINDS, tiles: int = 2) -> "Figure":
    """Small layers side by side: inputs below, outputs above, a line for each connection, alike where a weight is shared.

    Parameters
    ----------
    inputs, kernel : int
        Outputs are inputs - kernel + 1, in every panel.
    kinds : some of "full", "local", "tiled", "shared"
    tiles : sets of weights that take turns in a tiled layer

    Returns
    -------
    matplotlib Figure

    >>> connections(6, 3).get_label()
    '6 inputs, 4 outputs. Connections and weights: full 24, 24; local 12, 12; tiled 12, 6; shared 12, 3.'
    """
    if not 2 <= inputs <= MOST or not 1 <= kernel < inputs:
        raise ArgumentError(f"connections: expected 2 to {MOST} inputs and a smaller kernel, got {inputs} and {kernel}")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ArgumentError(f"connections: kinds must be some of {', '.join(KINDS)}, got {unknown[0]!r}")
    rows = -(-len(kinds) // 2)
    figure, axes = canvas(rows * PANEL + 0.1)
    words = []
    for k, kind in enumerate(kinds):
        left, top = 0.2 + k % 2 * (WIDTH / 2), 0.1 + k // 2 * PANEL
        lines, weights = _panel(axes, kind, inputs, kernel, tiles, left, top)
        words.append(f"{kind} {lines}, {weights}")
    outputs = inputs - kernel + 1
    return describe(figure, f"{inputs} inputs, {outputs} outputs. Connections and weights: {'; '.join(words)}.")


def _panel(axes: Any, kind: str, inputs: int, kernel: int, tiles: int, left: float, top: float) -> tuple[int, int]:
    """One layer; returns how many connections and how many different weights it has."""
    outputs, width = inputs - kernel + 1, WIDTH / 2 - 0.5
    above, below = top + 0.55, top + 1.45
    x_in = [left + (i + 0.5) * width / inputs for i in range(inputs)]
    x_out = [left + (o + kernel / 2) * width / inputs for o in range(outputs)]
    used, lines = set(), 0
    for o in range(outputs):
        for tap in range(inputs if kind == "full" else kernel):
            weight = weight_of(kind, o, tap, inputs, kernel, tiles)
            look = _look(kind, weight)
            axes.plot([x_in[tap if kind == "full" else o + tap], x_out[o]], [below, above], zorder=1, **look)
            used.add(weight)
            lines += 1
    for xs, y, role in ((x_in, below, INPUT), (x_out, above, OUTPUT)):
        axes.plot(xs, [y] * len(xs), "o", color=role.fill, markeredgecolor=role.line, markersize=12, markeredgewidth=2,
                  zorder=2)  # fmt: skip
    axes.text(left, top + 0.3, TITLES[kind], ha="left", va="bottom", fontsize=TITLE)
    axes.text(left + width / 2, below + 0.2, f"{lines} connections, {len(used)} weights", ha="center", va="top",
              fontsize=SMALL, color=FAINT)  # fmt: skip
    return lines, len(used)


def _look(kind: str, weight: int) -> dict[str, Any]:
    """Grey where no weight is shared; else a colour and dashes of its own for each weight."""
    if kind in ("full", "local"):
        return {"color": "#8A8A8A", "linewidth": 1.0}
    return {"color": COLOURS[weight % len(COLOURS)], "linestyle": DASHES[weight % len(DASHES)], "linewidth": 2.2}
