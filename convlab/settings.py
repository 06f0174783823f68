"""Switches that hold for the whole process."""

import os

winograd = os.environ.get("CONVLAB_WINOGRAD", "1") != "0"


def use_winograd(on: bool) -> None:
    """Switch Winograd's algorithm for large 3 x 3 convolutions in float32 on or off (on at the start, unless CONVLAB_WINOGRAD=0).

    It needs fewer multiplications and is a little less accurate; without it every convolution is computed by its direct sum.
    """
    global winograd
    winograd = bool(on)
