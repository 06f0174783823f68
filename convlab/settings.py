"""Switches that hold for the whole process."""

import os

from convlab.errors import ArgumentError

winograd = os.environ.get("CONVLAB_WINOGRAD", "1") != "0"


def use_winograd(on: bool) -> None:
    """Switch Winograd's algorithm for large 3 x 3 convolutions in float32 on or off. CONVLAB_WINOGRAD=0 starts with it off.

    It needs fewer multiplications and is a little less accurate; without it every convolution is computed by its direct sum.

    Raises
    ------
    ArgumentError
        If `on` is not True or False.
    """
    if not isinstance(on, bool):
        raise ArgumentError(f"use_winograd: expected True or False, got {on!r}")
    global winograd
    winograd = on
