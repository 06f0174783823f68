"""The bundled photographs and the learner's own in colour: three channels, red, green and blue."""

from dataclasses import dataclass

import numpy as np

from convlab.data.pictures import decode_picture
from convlab.errors import ArgumentError
from convlab.widgets import pictures

GREY_ONLY = ("digit",)


@dataclass(frozen=True, eq=False)
class ColourPicture:
    """A picture in colour: `pixels` (3, H, W) of whole numbers in float64, 0 to 255, and whom to thank for it."""

    name: str
    pixels: np.ndarray
    credit: str


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
    own = pictures._own_photographs()
    if name not in colour_picture_names():
        raise ArgumentError(f"colour_picture: no picture {name!r}; there are {', '.join(colour_picture_names())}")
    if name in pictures.BUNDLED:
        colours, credit = pictures.BUNDLED[name]()
    else:
        colours, credit = decode_picture(own[name].read_bytes(), own[name].name), f"{own[name].name}, your own picture"
    return ColourPicture(name, _scaled(np.broadcast_to(colours, (3, *colours.shape[1:])), height), credit)


def colour_picture_names() -> tuple[str, ...]:
    """The photographs there are on this machine."""
    return tuple(name for name in pictures.names() if name not in GREY_ONLY)


def _scaled(colours: np.ndarray, height: int) -> np.ndarray:
    """uint8 (3, H, W) as whole numbers in float64 (3, height, width); small pictures are not enlarged."""
    from PIL import Image

    _, H, W = colours.shape
    if height < H:
        width = max(1, round(W * height / H))
        photograph = Image.fromarray(np.ascontiguousarray(colours.transpose(1, 2, 0)))
        colours = np.asarray(photograph.resize((width, height), Image.Resampling.BOX)).transpose(2, 0, 1)
    return colours.astype(np.float64)
