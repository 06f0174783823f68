"""The tile explorer: choose a layer, a processor and a tile of registers; see what limits it.

What is computed (`case`) is kept apart from what is drawn, so it can be used and tested without a browser: set
`explorer.rows.value`, read `explorer.case.bound`.
"""

from typing import TYPE_CHECKING

from convlab.errors import ArgumentError
from convlab.plots.tiles import MOST_ROWS, MOST_VECTORS, PROCESSORS, TileCase, tile_board
from convlab.widgets.drawing import Explorer, draw_into, page, say_into, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

YOURS = "yours"
# name: x_shape of one image, w_shape, stride, padding
LAYERS = {
    "LeNet C1, 1 to 6, 5 × 5": ((1, 1, 32, 32), (6, 1, 5, 5), 1, 0),
    "LeNet C3, 6 to 16, 5 × 5": ((1, 6, 14, 14), (16, 6, 5, 5), 1, 0),
    "AlexNet conv1, 3 to 96, 11 × 11": ((1, 3, 227, 227), (96, 3, 11, 11), 4, 0),
    "AlexNet conv3, 256 to 384, 3 × 3": ((1, 256, 13, 13), (384, 256, 3, 3), 1, 1),
    "VGG conv1_2, 64 to 64, 3 × 3": ((1, 64, 224, 224), (64, 64, 3, 3), 1, 1),
    "ResNet, 256 to 64, 1 × 1": ((1, 256, 56, 56), (64, 256, 1, 1), 1, 0),
}


class TileExplorer(Explorer):
    """A layer and a processor from lists, and two sliders: the pixels of a tile, and its registers of filters.

    Parameters
    ----------
    x_shape, w_shape : a layer of your own, (N, C, H, W) and (O, C, KH, KW); by default the list begins with VGG's
    stride, padding : of your own layer
    rows : 1 to 14
    vectors : 1 to 4
    processor : "AVX-512", "AVX2" or "NEON"

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next, the
    arrow keys move a slider. `static()` is the same as a figure.

    >>> explorer = TileExplorer((1, 3, 40, 60), (8, 3, 3, 3))
    >>> explorer.rows.value = 1
    >>> explorer.case.bound
    'waiting for sums'
    """

    def __init__(
        self, x_shape: tuple | None = None, w_shape: tuple | None = None, *, stride: int = 1, padding: int = 0,
        rows: int = 8, vectors: int = 2, processor: str = "AVX-512",
    ):  # fmt: skip
        if (x_shape is None) != (w_shape is None):
            raise ArgumentError("TileExplorer: x_shape and w_shape go together, here one of them is missing")
        self.layers = dict(LAYERS)
        first = "VGG conv1_2, 64 to 64, 3 × 3"
        if x_shape is not None and w_shape is not None:
            first = YOURS
            self.layers = {YOURS: (tuple(x_shape), tuple(w_shape), stride, padding), **LAYERS}
        TileCase(
            *self.layers[first][:2], rows, vectors, processor, *self.layers[first][2:]
        )  # says what is wrong with them
        self._build(first, rows, vectors, processor)
        self._draw()
        for control in (self.layer, self.processor, self.rows, self.vectors):
            control.observe(self._on_move, "value")

    @property
    def case(self) -> TileCase:
        """The case that the controls describe."""
        x_shape, w_shape, stride, padding = self.layers[self.layer.value]
        return TileCase(x_shape, w_shape, self.rows.value, self.vectors.value, self.processor.value, stride, padding)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        return tile_board(self.case)

    def _build(self, layer: str, rows: int, vectors: int, processor: str) -> None:
        import ipywidgets as w

        wide = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        self.layer = w.Dropdown(options=list(self.layers), value=layer, description="layer", **wide)
        self.processor = w.Dropdown(options=list(PROCESSORS), value=processor, description="processor", **wide)
        self.rows = slider("TileExplorer", "rows", rows, 1, MOST_ROWS, description="pixels")
        self.vectors = slider("TileExplorer", "vectors", vectors, 1, MOST_VECTORS, description="vectors")
        self.view, self.sentence = w.HTML(), w.HTML()
        self.widget = page(self.layer, self.processor, self.rows, self.vectors, self.view, self.sentence)

    def _draw(self) -> None:
        draw_into(self.view, self.static())
        say_into(self.sentence, self.case.sentence())
