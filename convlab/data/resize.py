"""Images brought to one size: small ones get a black border, large ones are scaled and cropped to the middle."""

import numpy as np


def fit_images(images: np.ndarray, size: int) -> np.ndarray:
    """uint8 (N, C, H, W) as (N, C, size, size); see `fit_image`."""
    n, c, h, w = images.shape
    if (h, w) == (size, size):
        return images
    if max(h, w) <= size:
        return _with_border(images, size)
    out = np.empty((n, c, size, size), np.uint8)
    for image, place in zip(images, out):
        place[:] = fit_image(image, size)
    return out


def fit_image(image: np.ndarray, size: int) -> np.ndarray:
    """uint8 (C, H, W) as (C, size, size).

    Neither side longer than `size`: set in the middle of black (an odd row or column of black goes below or right).
    Otherwise: scaled so that the short side is `size` (bilinear over the whole area, as Pillow does it), and the middle
    of the long side is kept.

    >>> fit_image(np.full((1, 2, 2), 7, np.uint8), 3)[0].tolist()
    [[7, 7, 0], [7, 7, 0], [0, 0, 0]]
    >>> fit_image(np.full((3, 20, 30), 9, np.uint8), 10).shape
    (3, 10, 10)
    """
    from PIL import Image

    c, h, w = image.shape
    if max(h, w) <= size:
        return _with_border(image, size)
    side = min(h, w)
    left, top = (w - side) / 2, (h - side) / 2
    middle = (left, top, left + side, top + side)
    picture = Image.fromarray(image[0] if c == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)))
    scaled = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR, box=middle))
    return scaled[np.newaxis] if c == 1 else scaled.transpose(2, 0, 1)


def _with_border(images: np.ndarray, size: int) -> np.ndarray:
    *others, h, w = images.shape
    top, left = (size - h) // 2, (size - w) // 2
    return np.pad(images, [(0, 0)] * len(others) + [(top, size - h - top), (left, size - w - left)])
