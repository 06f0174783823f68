"""The errors convlab raises. Each message is one line: who, what was expected, what came, the mend.

Every class also derives from the built-in error that a NumPy user would expect, so `except ValueError` works.
"""


class ConvlabError(Exception):
    """Base of every error that convlab raises on purpose."""


class ShapeError(ConvlabError, ValueError):
    """Arrays whose shapes do not fit together, or do not fit the operation."""


class DtypeError(ConvlabError, TypeError):
    """Not an array, or an array of a type the operation does not take."""


class ArgumentError(ConvlabError, ValueError):
    """A number or option outside its range: stride 0, probability 1.5, an unknown name."""


class LabelError(ConvlabError, ValueError):
    """Class labels that are not integers in [0, number of classes)."""


class StateError(ConvlabError, RuntimeError):
    """Something called out of order, or a state that belongs to another network or optimiser."""


class DataError(ConvlabError, OSError):
    """A data set that is missing, damaged or unreadable. Names the file."""


class CheckpointError(ConvlabError, OSError):
    """Weights or a checkpoint that cannot be read or written. Names the file."""


class BackendError(ConvlabError, RuntimeError):
    """A device or back-end that is not there, or arrays that live on different devices."""
