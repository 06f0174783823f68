"""Pictures to try kernels on, grey or in colour: photographs of scikit-learn and matplotlib, a digit, the learner's own.

A picture in a folder `photos` under CONVLAB_DATA is known by its name without the ending.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convlab.data.pictures import ENDINGS, decode_picture
from convlab.data.places import data_folder
from convlab.errors import ArgumentError, DataError

GREY_ONLY = ("digit",)
LUMINANCE = (0.299, 0.587, 0.114)  # how bright red, green and blue look: ITU-R BT.601, section 2.5.1


@dataclass(frozen=True, eq=False)
class Picture:
    """A grey picture: `pixels` (H, W) of whole numbers in float64, 0 black to 255 white, and whom to thank for it."""

    name: str
    pixels: np.ndarray
    credit: str


@dataclass(frozen=True, eq=False)
class ColourPicture:
    """A picture in colour: `pixels` (3, H, W) of whole numbers in float64, 0 to 255, and whom to thank for it."""

    name: str
    pixels: np.ndarray
    credit: str


def picture(name: str, height: int = 120) -> Picture:
    """A picture by its name, in grey, `height` pixels high.

    Parameters
    ----------
    name : "china", "flower", "grace_hopper", "digit", or the name of a picture in the folder `photos` of CONVLAB_DATA
    height : pixels; a photograph is scaled to it, a digit is 32 x 32 and stays so

    Raises
    ------
    ArgumentError
        An unknown name.
    DataError
        A file that cannot be read.

    >>> picture("china").pixels.shape
    (120, 180)
    """
    if name not in picture_names():
        raise ArgumentError(f"picture: no picture {name!r}; there are {', '.join(picture_names())}")
    colours, credit = _named(name)
    return Picture(name, _grey(colours, height), credit)


def picture_names() -> tuple[str, ...]:
    """The pictures there are on this machine."""
    return (*BUNDLED, *sorted(name for name in _own_photographs() if name not in BUNDLED))


def colour_picture(name: str, height: int = 120) -> ColourPicture:
    """A photograph by its name, in colour, `height` pixels high.

    Parameters
    ----------
    name : "china", "flower", "grace_hopper", or the name of a picture in the folder `photos` of CONVLAB_DATA; of a grey
        one all three channels are the same
    height : pixels that a larger photograph is scaled to

    Raises
    ------
    ArgumentError
        An unknown name.
    DataError
        A file that cannot be read.

    >>> colour_picture("china").pixels.shape
    (3, 120, 180)
    """
    if name not in colour_picture_names():
        raise ArgumentError(f"colour_picture: no picture {name!r}; there are {', '.join(colour_picture_names())}")
    colours, credit = _named(name)
    return ColourPicture(name, _scaled(np.broadcast_to(colours, (3, *colours.shape[1:])), height), credit)


def colour_picture_names() -> tuple[str, ...]:
    """The photographs there are on this machine."""
    return tuple(name for name in picture_names() if name not in GREY_ONLY)


def _named(name: str) -> tuple[np.ndarray, str]:
    """A picture that there is, as uint8 (1 or 3, H, W), and its credit. One of the bundled names wins."""
    if name in BUNDLED:
        return BUNDLED[name]()
    file = _own_photographs()[name]
    return decode_picture(file.read_bytes(), file.name), f"{file.name}, your own picture"


def _own_photographs() -> dict[str, Path]:
    folder = data_folder()
    if folder is None or not (folder / "photos").is_dir():
        return {}
    return {path.stem: path for path in (folder / "photos").iterdir() if path.suffix.lower() in ENDINGS}


def _grey(colours: np.ndarray, height: int) -> np.ndarray:
    """uint8 (1 or 3, H, W) as whole numbers in float64 (height, width)."""
    grey = colours[0] if len(colours) == 1 else np.tensordot(LUMINANCE, colours, axes=1)
    return _scaled(np.rint(grey).astype(np.uint8)[np.newaxis], height)[0]


def _scaled(channels: np.ndarray, height: int) -> np.ndarray:
    """uint8 (C, H, W) as whole numbers in float64 (C, height, width); small pictures are not enlarged."""
    from PIL import Image

    _, H, W = channels.shape
    if height < H:
        size = max(1, round(W * height / H)), height
        sheets = [Image.fromarray(np.ascontiguousarray(sheet)) for sheet in channels]
        channels = np.stack([np.asarray(sheet.resize(size, Image.Resampling.BOX)) for sheet in sheets])
    return channels.astype(np.float64)


def _sklearn_photograph(file: str) -> np.ndarray:
    from sklearn.datasets import load_sample_image

    return np.asarray(load_sample_image(file)).transpose(2, 0, 1)


def _china() -> tuple[np.ndarray, str]:
    return _sklearn_photograph("china.jpg"), "china.jpg by danielbuechele, CC BY 2.0, with scikit-learn"


def _flower() -> tuple[np.ndarray, str]:
    return _sklearn_photograph("flower.jpg"), "flower.jpg by vultilion, CC BY 2.0, with scikit-learn"


def _grace_hopper() -> tuple[np.ndarray, str]:
    from matplotlib import cbook

    file = Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"picture: matplotlib's {file.name} cannot be read ({error.strerror})") from None
    return decode_picture(content, file.name), "Grace Hopper, U.S. Navy photograph, public domain, with matplotlib"


def _digit() -> tuple[np.ndarray, str]:
    from convlab import data

    digits = data.load("digits", "test")
    return digits.images[0], "a digit of the UCI set by Alpaydin and Kaynak, CC BY 4.0, with scikit-learn"


BUNDLED: dict[str, Callable[[], tuple[np.ndarray, str]]] = {
    "china": _china,
    "flower": _flower,
    "grace_hopper": _grace_hopper,
    "digit": _digit,
}
