"""A picture as the eye sees it, and as it lies on the cortex: the same rings and rays in both."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlab.cortex.retinotopy import SCALE, cortical_view, to_cortex
from convlab.errors import ArgumentError
from convlab.plots.pictures import as_picture, grey_scale
from convlab.plots.style import FAINT, INPUT, OUTPUT, SMALL, describe, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RAYS = (-60, -30, 0, 30, 60)  # degrees from the horizontal
RINGS = (1, 2, 5, 10, 20, 40)  # degrees from the middle of the view
DOT = {"ha": "center", "va": "center", "fontsize": SMALL, "fontweight": "bold", "color": "white", "zorder": 5}


@styled
def cortical_map(image: Any, degrees: float = 10.0, *, places: Sequence[Any] = (), credit: str = "") -> "Figure":
    """A picture with rings around the point looked at, and its right half as it lies on the left visual cortex.

    Parameters
    ----------
    image : (H, W)
        Its middle is looked at.
    degrees : from the middle to the right edge of the picture
    places : pairs (x, y) in degrees, x >= 0, optional
        Marked by their numbers in both drawings.
    credit : who made the photograph

    Returns
    -------
    matplotlib Figure
    """
    picture = as_picture("cortical_map", image)
    for x, y in places:
        if not 0 <= x <= degrees or abs(y) > degrees * picture.shape[0] / picture.shape[1]:
            raise ArgumentError(f"cortical_map: place ({x}, {y}) lies outside of the right half of the picture")
    figure = new_figure(3.9)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 0.96))
    eye, brain = figure.subplots(1, 2, width_ratios=(1, 1.05))
    scale = grey_scale(picture)
    upper = degrees * picture.shape[0] / picture.shape[1]
    look = {"cmap": "gray", "vmin": scale.low, "vmax": scale.high}
    eye.imshow(picture, extent=(-degrees, degrees, -upper, upper), **look)
    view = cortical_view(picture, degrees, 6.0)
    high = view.shape[0] / 12
    brain.set_facecolor("#E8E8E8")
    brain.imshow(view, extent=(0, view.shape[1] / 6, -high, high), interpolation="nearest", **look)
    _grid_lines(eye, brain, degrees, upper)
    for k, (x, y) in enumerate(places, start=1):
        for axes, (a, b), role in ((eye, (x, y), INPUT), (brain, to_cortex(x, y), OUTPUT)):
            axes.plot(a, b, "o", color=role.ink, markersize=13, markeredgecolor="white", zorder=4)
            axes.text(a, b, str(k), **DOT)
    eye.set_title("visual field", color=INPUT.ink, loc="left")
    brain.set_title("left visual cortex", color=OUTPUT.ink, loc="left")
    eye.set(xlabel="degrees", xlim=(-degrees, degrees), ylim=(-upper, upper))
    brain.set(xlabel="millimetres", xlim=(0, view.shape[1] / 6), ylim=(-high, high))
    for axes in (eye, brain):
        axes.grid(False)
    if credit:
        figure.supxlabel(f"Photograph: {credit}", x=0.01, ha="left", fontsize=SMALL, color=FAINT)
    return describe(figure, _words(degrees, places))


def _grid_lines(eye: Any, brain: Any, degrees: float, upper: float) -> None:
    """Rings and rays in the right half of the field and on the cortex."""
    looks = {"color": INPUT.line, "linewidth": 1.3, "alpha": 0.9}
    angles = np.deg2rad(np.linspace(-89, 89, 90))
    for ring in (r for r in RINGS if r <= np.hypot(degrees, upper)):
        x, y = ring * np.cos(angles), ring * np.sin(angles)
        inside = (x <= degrees) & (np.abs(y) <= upper)
        x, y = np.where(inside, x, np.nan), np.where(inside, y, np.nan)
        eye.plot(x, y, **looks)
        brain.plot(*to_cortex(x, y), **looks)
    radii = np.concatenate([[0], np.geomspace(0.05, np.hypot(degrees, upper), 80)])
    for ray in np.deg2rad(RAYS):
        x, y = radii * np.cos(ray), radii * np.sin(ray)
        inside = (x <= degrees) & (np.abs(y) <= upper)
        looks_of_ray = {**looks, "linestyle": ":"}
        eye.plot(x[inside], y[inside], **looks_of_ray)
        brain.plot(*to_cortex(x[inside], y[inside]), **looks_of_ray)


def _words(degrees: float, places: Sequence[Any]) -> str:
    marked = "; ".join(
        f"{k} at ({x:g}, {y:g}) degrees, {float(to_cortex(x, y)[0]):.1f} mm" for k, (x, y) in enumerate(places, start=1)
    )
    text = (
        f"A picture {2 * degrees:g} degrees wide and its right half on the cortex, where the middle degree takes "
        f"{float(to_cortex(1.0, 0.0)[0]):.0f} mm of {float(to_cortex(degrees, 0.0)[0]):.0f} (scale {SCALE:g} mm)."
    )
    return f"{text} Marked: {marked}." if marked else text
