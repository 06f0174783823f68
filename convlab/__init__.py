"""convlab: convolutional neural networks, written out in Numba and taught in notebooks.

>>> import numpy as np
>>> import convlab.functional as F
>>> F.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)))[0, 0]
array([[4., 4.],
       [4., 4.]])

Names are loaded when they are first used, so `import convlab` is quick and starts nothing.
"""

import importlib

from convlab._version import __version__ as __version__

_SUBMODULES = {
    "backend", "checkpoint", "cortex", "data", "errors", "functional", "geometry", "grading", "history", "models", "nn",
    "optim", "plots", "reference", "simt", "training", "widgets",
}  # fmt: skip
_NAMES = {
    "load": "checkpoint",
    "manual_seed": "nn",
    "save": "checkpoint",
    "set_threads": "jit",
    "to_device": "backend",
    "to_host": "backend",
    "use_winograd": "settings",
}

__all__ = ["__version__", *sorted(_SUBMODULES), *sorted(_NAMES)]


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"convlab.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(f"convlab.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'convlab' has no attribute {name!r}")


def __dir__():
    return __all__
