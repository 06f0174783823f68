"""A small colour data set and a small run with everything that has a state."""

import numpy as np

from convlab import recipes


def colour_set(path, train=40, test=12, classes=2, side=32):
    """An .npz of images that are redder (0), greener (1) or bluer (2) in one half."""
    rng, arrays = np.random.default_rng(0), {}
    for split, count in (("train", train), ("test", test)):
        labels = np.arange(count) % classes
        images = rng.integers(0, 90, (count, side, side, 3), dtype=np.uint8)
        for image, label in zip(images, labels):
            image[:, : side // 2, label] += 120
        arrays |= {f"x_{split}": images, f"y_{split}": labels}
    np.savez(path, **arrays)
    return path


def small_config(path, **changes):
    """Dropout, normalisation, momentum, a schedule that watches, the best weights, every augmentation."""
    options = {"widths": [3, 4, 3, 4, 3], "hidden": 6}
    given = {"recipe": "2012", "epochs": 6, "batch_size": 16, "plateau": 0, "brightness": 0.2}
    return recipes.choose("alexnet_small", str(path), options=options, **(given | changes))
