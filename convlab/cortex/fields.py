"""Receptive fields: what light in each place does to a cell. All have the sum 0 and the squares' sum 1.

Sum 0 means that a screen which is bright all over says nothing; squares' sum 1, that fields of different sizes compare.
"""

import numpy as np

from convlab import checks
from convlab.cortex.stimuli import Size, along_and_across, coordinates


def difference_of_gaussians(
    size: Size, *, center: float = 2.0, surround: float = 4.0, x: float = 0.0, y: float = 0.0, on: bool = True
) -> np.ndarray:
    """The field of a ganglion cell of the retina: a round centre and a ring of the other sign. (H, W)

    exp(-r^2 / 2 center^2) / 2 pi center^2 - exp(-r^2 / 2 surround^2) / 2 pi surround^2, both scaled on the pixels there are.

    Parameters
    ----------
    size : pixels, an int or (height, width)
    center, surround : standard deviations, pixels; the surround is the larger
    x, y : the middle of the field, pixels from the middle of the screen
    on : light in the centre excites; else it inhibits

    Source: R. Rodieck, Quantitative analysis of cat retinal ganglion cell response to visual stimuli, Vision Research 5, 1965.

    >>> field = difference_of_gaussians(21)
    >>> bool(field[10, 10] > 0 > field[10, 16]), abs(field.sum()) < 1e-12
    (True, np.True_)
    """
    center = checks.number("difference_of_gaussians", "center", center, 1e-3)
    surround = checks.number("difference_of_gaussians", "surround", surround, center * 1.001)
    across_screen, up = coordinates(size)
    squared = (across_screen - x) ** 2 + (up - y) ** 2
    inner, outer = (np.exp(-squared / (2 * sigma**2)) for sigma in (center, surround))
    field = inner / inner.sum() - outer / outer.sum()
    return _unit(field if on else -field)


def gabor(
    size: Size, orientation: float, *, wavelength: float = 8.0, phase: float = 0.0, sigma: float | None = None,
    aspect: float = 0.5, x: float = 0.0, y: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """The field of a simple cell: stripes under a bell. (H, W)

    exp(-(across^2 + aspect^2 along^2) / 2 sigma^2) (cos(2 pi across / wavelength + phase) - c), with c for a sum of 0

    Parameters
    ----------
    size : pixels, an int or (height, width)
    orientation : of the stripes, degrees; 0 lies, 90 stands
    wavelength : pixels from one bright stripe to the next
    phase : degrees; 0 is even, a bright stripe in the middle, 90 and -90 are odd, an edge in the middle
    sigma : width of the bell across the stripes, pixels; half a wavelength by default
    aspect : below 1 the field is longer along the stripes than across
    x, y : the middle of the field, pixels from the middle of the screen

    Source: J. Jones, L. Palmer, An evaluation of the two-dimensional Gabor filter model of simple receptive fields in cat
    striate cortex, Journal of Neurophysiology 58, 1987.

    >>> even, odd = gabor(33, 30), gabor(33, 30, phase=90)
    >>> abs((even * odd).sum()) < 1e-12
    np.True_
    """
    wavelength = checks.number("gabor", "wavelength", wavelength, 1e-3)
    sigma = checks.number("gabor", "sigma", wavelength / 2 if sigma is None else sigma, 1e-3)
    aspect = checks.number("gabor", "aspect", aspect, 1e-3)
    along, across = along_and_across(size, orientation, x, y)
    bell = np.exp(-(across**2 + (aspect * along) ** 2) / (2 * sigma**2))
    stripes = np.cos(2 * np.pi * across / wavelength + np.deg2rad(phase))
    return _unit(bell * (stripes - (bell * stripes).sum() / bell.sum()))


def _unit(field: np.ndarray) -> np.ndarray:
    """The field with squares that add up to 1 (a field of one pixel has nothing left to scale)."""
    norm = np.sqrt((field**2).sum())
    return field / norm if norm > 0 else field
