"""The map of the visual field on the cortex: neighbours stay neighbours, and the middle gets the most room.

Places in the visual field are in degrees from where the eye looks, `x` to the right and `y` upwards; the right half (x >= 0)
is seen by the left half of the brain. Places on the cortex are in millimetres. `SCALE` and `FOVEA` are those of the human:
J. Horton, W. Hoyt, The representation of the visual field in human striate cortex, Archives of Ophthalmology 109, 1991.
"""

from typing import Any

import numpy as np

from convlab import checks
from convlab.errors import ShapeError

SCALE = 17.3  # mm
FOVEA = 0.75  # degrees


def magnification(eccentricity: Any, scale: float = SCALE, fovea: float = FOVEA) -> np.ndarray:
    """Millimetres of cortex for one degree of the visual field: scale / (eccentricity + fovea).

    >>> float(magnification(0).round(1)), float(magnification(10).round(1))
    (23.1, 1.6)
    """
    return scale / (np.asarray(eccentricity, dtype=np.float64) + fovea)


def to_cortex(x: Any, y: Any, scale: float = SCALE, fovea: float = FOVEA) -> tuple[np.ndarray, np.ndarray]:
    """From the visual field (degrees, x >= 0) to the cortex (mm): u + i v = scale log(1 + (x + i y) / fovea).

    Source: E. Schwartz, Spatial mapping in the primate sensory projection, Biological Cybernetics 25, 1977.
    """
    z = np.asarray(x, dtype=np.float64) + 1j * np.asarray(y, dtype=np.float64)
    w = scale * np.log(1 + z / fovea)
    return w.real, w.imag


def to_visual_field(u: Any, v: Any, scale: float = SCALE, fovea: float = FOVEA) -> tuple[np.ndarray, np.ndarray]:
    """The way back, from the cortex (mm) to the visual field (degrees)."""
    w = np.asarray(u, dtype=np.float64) + 1j * np.asarray(v, dtype=np.float64)
    z = fovea * (np.exp(w / scale) - 1)
    return z.real, z.imag


def cortical_view(image: Any, degrees: float, pixels_per_mm: float = 4.0) -> np.ndarray:
    """The right half of a picture as it lies on the left cortex. NaN where the cortex sees beyond the picture.

    Parameters
    ----------
    image : (H, W)
        The eye looks at its middle.
    degrees : from the middle to the right edge
    pixels_per_mm : of the result

    Returns
    -------
    (rows, columns)
        From the middle of the view, left, to the periphery. The upper half of the visual field is above, as on a picture;
        in the brain it lies below.

    >>> cortical_view(np.eye(64), 10).shape
    (185, 207)
    """
    picture = np.asarray(image, dtype=np.float64)
    if picture.ndim != 2 or min(picture.shape) < 2:
        raise ShapeError(f"cortical_view: image must have two axes (H, W) of at least 2 pixels, got {picture.shape}")
    degrees = checks.number("cortical_view", "degrees", degrees, 1e-3)
    pixels_per_mm = checks.number("cortical_view", "pixels_per_mm", pixels_per_mm, 0.1, 100)
    H, W = picture.shape
    upper = degrees * H / W
    far, _ = to_cortex(np.hypot(degrees, upper), 0.0)
    high = SCALE * np.pi / 2 * 0.85  # the upper and lower rims of the half field lie beyond any picture
    u = np.arange(0.5 / pixels_per_mm, float(far), 1 / pixels_per_mm)
    v = np.arange(high, -high, -1 / pixels_per_mm)
    x, y = to_visual_field(u[np.newaxis], v[:, np.newaxis])
    column = np.floor((x / degrees + 1) * W / 2).astype(int)
    row = np.floor((1 - y / upper) * H / 2).astype(int)
    seen = (x >= 0) & (column < W) & (row >= 0) & (row < H)
    view = np.full(seen.shape, np.nan)
    view[seen] = picture[row[seen], column[seen]]
    return view
