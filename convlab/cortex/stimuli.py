"""What is shown on the screen: bars, gratings, spots, noise. Contrasts from -1 (dark) over 0 (grey) to 1 (bright)."""

from typing import Any

import numpy as np

from convlab import checks

Size = int | tuple[int, int]


def coordinates(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """x (to the right) and y (upwards) of every pixel, from the middle of the screen. (H, W) each

    >>> x, y = coordinates((2, 3))
    >>> x[0].tolist(), y[:, 0].tolist()
    ([-1.0, 0.0, 1.0], [0.5, -0.5])
    """
    H, W = checks.pair("coordinates", "size", size, 1)
    x = np.arange(W) - (W - 1) / 2
    y = (H - 1) / 2 - np.arange(H)
    return np.broadcast_to(x, (H, W)), np.broadcast_to(y[:, np.newaxis], (H, W))


def along_and_across(size: Size, orientation: float, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """Distance of every pixel from (x, y), measured along an orientation in degrees and across it. (H, W) each

    along = (X - x) cos a + (Y - y) sin a        across = (Y - y) cos a - (X - x) sin a
    """
    across_screen, up = coordinates(size)
    angle = np.deg2rad(orientation)
    dx, dy = across_screen - x, up - y
    return dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)


def bar(
    size: Size, orientation: float, *, x: float = 0.0, y: float = 0.0, width: float = 3.0,
    length: float = np.inf, contrast: float = 1.0,
) -> np.ndarray:  # fmt: skip
    """A bar on a grey screen, its edges smoothed over one pixel. (H, W)

    Parameters
    ----------
    size : pixels of the screen, an int or (height, width)
    orientation : degrees; 0 lies, 90 stands
    x, y : the bar's middle, in pixels from the middle of the screen
    width, length : pixels; by default the bar is longer than the screen
    contrast : from -1, darker than the screen, to 1

    Raises
    ------
    ArgumentError
        A number outside its range.

    >>> bar(5, 0, width=1)[:, 2].tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0]
    """
    for name, value in (("width", width), ("length", length)):
        checks.number("bar", name, value, 0)
    contrast = checks.number("bar", "contrast", contrast, -1, 1)
    along, across = along_and_across(size, orientation, x, y)
    inside = np.clip(width / 2 + 0.5 - np.abs(across), 0, 1) * np.clip(length / 2 + 0.5 - np.abs(along), 0, 1)
    return contrast * inside


def grating(
    size: Size, orientation: float, *, wavelength: float = 8.0, phase: float = 0.0, contrast: float = 1.0
) -> np.ndarray:
    """Parallel stripes: contrast cos(2 pi across / wavelength + phase). (H, W)

    Parameters
    ----------
    size : pixels of the screen, an int or (height, width)
    orientation : of the stripes, degrees
    wavelength : pixels from one bright stripe to the next
    phase : degrees; at 0 a bright stripe runs through the middle
    contrast : from 0 to 1

    >>> (grating(5, 90, wavelength=4)[0].round(2) + 0.0).tolist()
    [-1.0, 0.0, 1.0, 0.0, -1.0]
    """
    wavelength = checks.number("grating", "wavelength", wavelength, 1e-3)
    contrast = checks.number("grating", "contrast", contrast, 0, 1)
    _, across = along_and_across(size, orientation, 0.0, 0.0)
    return contrast * np.cos(2 * np.pi * across / wavelength + np.deg2rad(phase))


def spot(
    size: Size, *, x: float = 0.0, y: float = 0.0, radius: float = 3.0, inner: float = 0.0, contrast: float = 1.0
) -> np.ndarray:
    """A round spot, or a ring from radius `inner` on, its edge smoothed over one pixel. (H, W)

    >>> spot(5, radius=1)[2].tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    radius = checks.number("spot", "radius", radius, 0)
    inner = checks.number("spot", "inner", inner, 0, radius)
    contrast = checks.number("spot", "contrast", contrast, -1, 1)
    across_screen, up = coordinates(size)
    distance = np.hypot(across_screen - x, up - y)
    disc = np.clip(radius + 0.5 - distance, 0, 1)
    return contrast * (disc - (np.clip(inner + 0.5 - distance, 0, 1) if inner else 0.0))


def white_noise(frames: int, size: Size, rng: Any = 0) -> np.ndarray:
    """Pictures in which each pixel is dark (-1) or bright (1) by the toss of a coin. (frames, H, W)

    Parameters
    ----------
    frames : how many pictures
    size : pixels, an int or (height, width)
    rng : numpy Generator, or a seed
    """
    frames = checks.integer("white_noise", "frames", frames, 1)
    H, W = checks.pair("white_noise", "size", size, 1)
    return np.random.default_rng(rng).integers(0, 2, (frames, H, W)) * 2.0 - 1.0
