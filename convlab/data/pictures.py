"""Picture files (JPEG, PNG, ...) as arrays of bytes."""

import io

import numpy as np

from convlab.errors import DataError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
EXIF_ORIENTATION, LIES_ON_ITS_SIDE = 0x0112, 5  # orientations 5 to 8 swap height and width


def decode_picture(content: bytes, where: str) -> np.ndarray:
    """A picture file's bytes as uint8 (1 or 3, H, W), turned upright by its EXIF mark; `where` names it in errors."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            return _channels_first(ImageOps.exif_transpose(picture))
    except MemoryError:
        raise
    except UnidentifiedImageError:
        raise DataError(f"{where}: unreadable image (not in a format that Pillow knows)") from None
    except Exception as error:  # Pillow answers damaged files with OSError, SyntaxError, struct.error, ...
        raise DataError(f"{where}: unreadable image ({str(error) or type(error).__name__})") from None


def head_size(content: bytes) -> tuple[int, int] | None:
    """(width, height) as the head of the file states it, without decoding; None if it cannot be read."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as picture:
            turned = picture.getexif().get(EXIF_ORIENTATION, 1) >= LIES_ON_ITS_SIDE
            return picture.size[::-1] if turned else picture.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _channels_first(picture) -> np.ndarray:
    if picture.mode.startswith("I"):  # 16 bits a pixel: Pillow would clip, not scale
        return (np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8)[np.newaxis]
    if picture.mode == "F":
        raise ValueError("its pixels are floats of unknown range")
    if picture.mode in ("1", "L", "LA"):
        return np.asarray(picture.convert("L"))[np.newaxis]
    if picture.mode == "P":  # a palette with transparent entries turns to RGB only by way of RGBA
        picture = picture.convert("RGBA")
    return np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
