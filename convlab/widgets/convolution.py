"""The convolution explorer: a window walks over a picture, and every product of it can be read.

What is computed (`window`, `picture`) is kept apart from what is drawn, so it can be used and tested without a browser:
set `explorer.row.value`, read `explorer.window.total`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from convlab import plots
from convlab.data import photographs
from convlab.errors import ArgumentError, ShapeError
from convlab.plots.window import as_grid
from convlab.widgets.drawing import Explorer, draw_into, page, place, say_into

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PRESETS: dict[str, np.ndarray] = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sobel x": np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
    "Sobel y": np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
    "edge": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
}
OWN = "your own"
WHO = "ConvolutionExplorer"
FLIPS = {"cross-correlation, as in networks": False, "true convolution, kernel turned": True}


class ConvolutionExplorer(Explorer):
    """A picture, a 3 x 3 kernel to edit, and two sliders that step the window over the picture.

    Parameters
    ----------
    image : str or (H, W)
        "china", "flower", "grace_hopper", "digit", a picture in the folder `photos` of CONVLAB_DATA, or your own array.
    kernel : str or (3, 3)
        A name in `PRESETS`, or your own weights.
    row, column : int, optional
        Where the window begins; in the middle by default.
    flip : bool
        Begin with true convolution: the kernel turned by 180 degrees.

    In a notebook it shows itself at the end of a cell. Every control works by keyboard: Tab moves from one to the next,
    the arrow keys move a slider. `static()` is the same as a figure. The output is computed by
    `convlab.functional.conv2d`.

    >>> explorer = ConvolutionExplorer("digit", "Sobel y", row=10, column=12)
    >>> explorer.row.value = 11
    >>> explorer.window.shape, explorer.window.row
    ((30, 30), 11)
    """

    def __init__(
        self,
        image: Any = "china",
        kernel: Any = "Sobel x",
        *,
        row: int | None = None,
        column: int | None = None,
        flip: bool = False,
    ):
        self._image = image if isinstance(image, str) else _own_picture(image)
        self._build(_weights(kernel), kernel if isinstance(kernel, str) else OWN, flip)
        self._load()
        place(WHO, "row", self.row, row)
        place(WHO, "column", self.column, column)
        self._draw()
        self._watch()

    # ------------------------------------------------------------------------------------------------- what it holds

    @property
    def kernel(self) -> np.ndarray:
        """The weights in the nine fields. (3, 3)"""
        return np.array([field.value for field in self.fields], dtype=np.float64).reshape(3, 3)

    @property
    def window(self) -> plots.Window:
        """The window at the sliders' place: patch, weights, products, total, output."""
        return plots.Window(self.pixels, self.kernel, self.row.value, self.column.value, self.flip.value)

    def static(self) -> "Figure":
        """What the explorer shows now, as a figure."""
        window = self.window
        return plots.window_in_picture(
            window.image, window.kernel, window.row, window.column, flip=window.flip, credit=self.credit
        )

    # ------------------------------------------------------------------------------------------------- how it is made

    def _build(self, weights: np.ndarray, preset: str, flip: bool) -> None:
        import ipywidgets as w

        names = list(photographs.picture_names())
        names = names if isinstance(self._image, str) else [self._image.name, *names]
        chosen = self._image if isinstance(self._image, str) else self._image.name
        if chosen not in names:
            raise ArgumentError(f"{WHO}: no picture {chosen!r}; there are {', '.join(names)}")
        wide = {"style": {"description_width": "5em"}, "layout": {"width": "22em"}}
        self.picture = w.Dropdown(options=names, value=chosen, description="picture", **wide)
        self.preset = w.Dropdown(options=[*PRESETS, OWN], value=preset, description="kernel", **wide)
        self.flip = w.ToggleButtons(options=FLIPS, value=flip, style={"button_width": "auto"})
        self.row = w.IntSlider(min=0, max=0, description="row", continuous_update=True, **wide)
        self.column = w.IntSlider(min=0, max=0, description="column", continuous_update=True, **wide)
        self.fields = [self._field(place, value) for place, value in np.ndenumerate(weights)]
        self.sentence, self.view = w.HTML(), w.HTML()
        grid = w.GridBox(self.fields, layout={"grid_template_columns": "repeat(3, 7.5em)", "grid_gap": "2px"})
        choices = w.VBox([self.picture, self.preset, self.row, self.column])
        controls = w.HBox([choices, grid], layout={"flex_flow": "row wrap", "grid_gap": "16px"})
        self.widget = page(controls, self.flip, self.view, self.sentence)

    @staticmethod
    def _field(place: tuple[int, ...], value: float) -> Any:
        import ipywidgets as w

        u, v = place
        return w.BoundedFloatText(
            value=value, min=-1000, max=1000, step=0.5, description=f"{u}, {v}", style={"description_width": "2.2em"},
            layout={"width": "7em"}, tooltip=f"weight in row {u}, column {v} of the kernel",
        )  # fmt: skip

    def _watch(self) -> None:
        self.picture.observe(self._on_picture, "value")
        self.preset.observe(self._on_preset, "value")
        for field in self.fields:
            field.observe(self._on_field, "value")
        for control in (self.row, self.column, self.flip):
            control.observe(self._on_move, "value")

    # ------------------------------------------------------------------------------------------------- what it does

    def _load(self) -> None:
        """The chosen picture, and sliders that reach as far as its windows do."""
        chosen = self.picture.value
        own = not isinstance(self._image, str) and chosen == self._image.name
        picture = self._image if own else photographs.picture(chosen)
        self.pixels, self.credit = picture.pixels, picture.credit
        (H, W), (KH, KW) = self.pixels.shape, self.kernel.shape
        self.row.max, self.column.max = H - KH, W - KW

    def _draw(self) -> None:
        window = self.window
        draw_into(self.view, self.static())
        say_into(self.sentence, f"output[{window.row}, {window.column}] = {window.sentence()}")

    def _on_picture(self, change: Any) -> None:
        with self._together():
            self._load()
            place(WHO, "row", self.row, None)
            place(WHO, "column", self.column, None)

    def _on_preset(self, change: Any) -> None:
        if change["new"] == OWN or self._quiet:
            return
        with self._together():
            for field, value in zip(self.fields, PRESETS[change["new"]].ravel()):
                field.value = float(value)

    def _on_field(self, change: Any) -> None:
        if self._quiet:
            return
        with self._together():
            same = (name for name, weights in PRESETS.items() if np.array_equal(weights, self.kernel))
            self.preset.value = next(same, OWN)


def _weights(kernel: Any) -> np.ndarray:
    if isinstance(kernel, str):
        if kernel not in PRESETS:
            raise ArgumentError(f"{WHO}: no kernel {kernel!r}; there are {', '.join(PRESETS)}")
        return PRESETS[kernel].astype(np.float64)
    weights = as_grid(WHO, "kernel", kernel)
    if weights.shape != (3, 3):
        raise ShapeError(f"{WHO}: the kernel must be 3 x 3, got {weights.shape}")
    return weights


def _own_picture(image: Any) -> photographs.Picture:
    pixels = as_grid(WHO, "image", image)
    if min(pixels.shape) < 3:
        raise ShapeError(f"{WHO}: the image must be at least 3 x 3, got {pixels.shape}")
    return photographs.Picture(OWN, pixels, "")
