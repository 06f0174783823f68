"""The arguments that the calls in bad_input.txt speak of."""

import numpy as np

import convlab.functional as F

f32 = np.float32


class OnGPU:
    """An array that says it lies on a GPU."""

    __cuda_array_interface__ = {"shape": (2, 4, 5, 6), "typestr": "<f4", "data": (0, False), "version": 3}  # noqa: RUF012


def zeros(*shape):
    return np.zeros(shape, f32)


def read_only(array):
    result = array.copy()
    result.flags.writeable = False
    return result


NAMES = {
    "np": np,
    "f32": f32,
    "x": zeros(2, 4, 5, 6),
    "w": zeros(6, 4, 3, 2),
    "b": zeros(6),
    "dy": zeros(2, 6, 3, 5),
    "x1": zeros(2, 4, 9),
    "w1": zeros(6, 4, 3),
    "dy1": zeros(2, 6, 7),
    "tw": zeros(4, 6, 3, 2),
    "tdy": zeros(2, 6, 7, 7),
    "rows": zeros(5, 6),
    "logits": zeros(2, 6),
    "labels": np.array([0, 1]),
    "rng": np.random.default_rng(0),
    "read_only": read_only,
    "saved": F.batch_norm(zeros(2, 4, 5, 6), None, None, None, None, training=True)[1],
    "gpu": OnGPU(),
}
