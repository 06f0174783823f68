"""Cells of the retina and of the visual cortex: from pictures to firing rates, in spikes per second.

A cell that looks at pictures (..., H, W) has a `rate` for each, (...). Its spikes are drawn at random with that rate
(Poisson), so two trials of the same picture differ, as they do in a cat.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convlab import checks
from convlab.cortex.fields import difference_of_gaussians, gabor
from convlab.cortex.stimuli import Size
from convlab.errors import DtypeError, ShapeError


class Cell:
    """What all cells can do. A kind of cell gives `shape`, the pixels it looks at, and `_excitation`."""

    peak: float
    baseline: float
    shape: tuple[int, int]

    def _excitation(self, images: np.ndarray) -> np.ndarray:
        """0 for nothing, 1 for a picture that looks like the field: (..., H, W) -> (...)."""
        raise NotImplementedError

    def territory(self) -> np.ndarray:
        """Where on the screen the cell looks: above 0 where it is driven, below 0 where it is held back. (H, W)"""
        raise NotImplementedError

    def rate(self, images: Any) -> np.ndarray:
        """Spikes per second: baseline + peak * excitation. (..., H, W) -> (...)

        Raises
        ------
        ShapeError
            Pictures of another size than the cell's field.
        """
        return self.baseline + self.peak * self._excitation(self._pictures(images))

    def spikes(self, images: Any, seconds: float = 1.0, rng: Any = None) -> np.ndarray:
        """Numbers of spikes while each picture is shown once: (..., H, W) -> ints (...)."""
        seconds = checks.number("spikes", "seconds", seconds, 0)
        return np.random.default_rng(rng).poisson(self.rate(images) * seconds)

    def _pictures(self, images: Any) -> np.ndarray:
        pictures = np.asarray(images)
        if pictures.dtype.kind not in "buif":
            raise DtypeError(f"{type(self).__name__}: pictures must hold numbers, got {pictures.dtype}")
        if pictures.shape[-2:] != self.shape:
            raise ShapeError(
                f"{type(self).__name__}: the field is {self.shape[0]} x {self.shape[1]} pixels, the pictures have shape "
                f"{pictures.shape}; make both of one size"
            )
        return pictures.astype(np.float64)


def _dot(images: np.ndarray, field: np.ndarray) -> np.ndarray:
    """Sum over the pixels of picture times field: (..., H, W) -> (...)."""
    return np.tensordot(images, field, axes=2)


def _own_drive(field: np.ndarray) -> float:
    """<field, picture> for the picture field / max |field|; 1 for a field of zeros."""
    highest = np.abs(field).max()
    return float((field**2).sum() / highest) if highest > 0 else 1.0


@dataclass(frozen=True, eq=False)
class SimpleCell(Cell):
    """One field, and no negative rates: excitation = max(0, <field, picture> / best - threshold) / (1 - threshold).

    `best` is the drive of a picture that looks like the field itself, its strongest pixel at contrast 1. Ganglion cells of
    the retina work so too.

    Parameters
    ----------
    field : (H, W)
    peak : rate above the baseline for a picture that looks like the field, spikes per second
    baseline : rate in front of an empty screen
    threshold : share of `best` up to which the cell is silent

    Source: D. Hubel, T. Wiesel, Journal of Physiology 160, 1962, part I, simple receptive fields.
    """

    field: np.ndarray
    peak: float = 50.0
    baseline: float = 1.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        _check_field("SimpleCell", "field", self.field)
        _check_rates("SimpleCell", self.peak, self.baseline)
        checks.number("SimpleCell", "threshold", self.threshold, 0, 0.99)

    @classmethod
    def gabor(cls, size: Size, orientation: float, *, peak: float = 50.0, **options: Any) -> "SimpleCell":
        """A simple cell with the field `convlab.cortex.gabor(size, orientation, **options)`."""
        return cls(gabor(size, orientation, **options), peak)

    @classmethod
    def ganglion(cls, size: Size, *, peak: float = 50.0, **options: Any) -> "SimpleCell":
        """A cell of the retina, with the field `difference_of_gaussians(size, **options)`."""
        return cls(difference_of_gaussians(size, **options), peak)

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        return self.field.shape  # type: ignore[return-value]

    @cached_property
    def _best(self) -> float:
        return _own_drive(self.field)

    def territory(self) -> np.ndarray:
        """The field."""
        return self.field

    def _excitation(self, images: np.ndarray) -> np.ndarray:
        share = _dot(images, self.field) / self._best
        return np.maximum(0, share - self.threshold) / (1 - self.threshold)


@dataclass(frozen=True, eq=False)
class ComplexCell(Cell):
    """Two fields a quarter of a wave apart: energy = <even, picture>^2 + <odd, picture>^2.

    Where a stripe lies decides how the energy is shared between the two, not how much of it there is. The excitation is
    the energy, divided by that of a picture which looks like the even field.

    Parameters
    ----------
    even, odd : (H, W)
    peak, baseline : spikes per second

    Source: E. Adelson, J. Bergen, Spatiotemporal energy models for the perception of motion, Journal of the Optical Society
    of America A 2, 1985, section 4.
    """

    even: np.ndarray
    odd: np.ndarray
    peak: float = 50.0
    baseline: float = 1.0

    def __post_init__(self) -> None:
        _check_field("ComplexCell", "even", self.even)
        _check_field("ComplexCell", "odd", self.odd)
        if self.even.shape != self.odd.shape:
            raise ShapeError(
                f"ComplexCell: even is {self.even.shape} and odd is {self.odd.shape}; make both of one size"
            )
        _check_rates("ComplexCell", self.peak, self.baseline)

    @classmethod
    def gabor(cls, size: Size, orientation: float, *, peak: float = 50.0, **options: Any) -> "ComplexCell":
        """A complex cell made of two fields `gabor(size, orientation, ...)`, with phases 0 and 90 degrees."""
        fields = (gabor(size, orientation, phase=phase, **options) for phase in (0.0, 90.0))
        return cls(*fields, peak)

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        return self.even.shape  # type: ignore[return-value]

    @cached_property
    def _best(self) -> float:
        return _own_drive(self.even)

    def territory(self) -> np.ndarray:
        """The bell under both fields: root of even^2 + odd^2. (H, W)"""
        return np.sqrt(self.even**2 + self.odd**2)

    def energy(self, images: Any) -> np.ndarray:
        """<even, picture>^2 + <odd, picture>^2: (..., H, W) -> (...)."""
        pictures = self._pictures(images)
        return _dot(pictures, self.even) ** 2 + _dot(pictures, self.odd) ** 2

    def _excitation(self, images: np.ndarray) -> np.ndarray:
        return self.energy(images) / self._best**2


@dataclass(frozen=True, eq=False)
class EndStoppedCell(Cell):
    """A hypercomplex cell: a complex cell in the middle, silenced by two at the ends of its stripes.

    excitation = max(0, middle - strength * (one end + other end)). By default two ends outweigh the middle and one does
    not: a bar has to stop, at one end at least.

    Parameters
    ----------
    middle, one, other : ComplexCell
        Of one size.
    strength : of the inhibition
    peak, baseline : spikes per second

    Source: D. Hubel, T. Wiesel, Journal of Neurophysiology 28, 1965 (hypercomplex cells of areas 18 and 19).
    """

    middle: ComplexCell
    one: ComplexCell
    other: ComplexCell
    strength: float = 0.6
    peak: float = 50.0
    baseline: float = 1.0

    def __post_init__(self) -> None:
        if not self.middle.shape == self.one.shape == self.other.shape:
            shapes = f"{self.middle.shape}, {self.one.shape} and {self.other.shape}"
            raise ShapeError(f"EndStoppedCell: the three cells look at {shapes}; make all of one size")
        checks.number("EndStoppedCell", "strength", self.strength, 0)
        _check_rates("EndStoppedCell", self.peak, self.baseline)

    @classmethod
    def gabor(
        cls, size: Size, orientation: float, *, distance: float | None = None, strength: float = 0.6,
        peak: float = 50.0, wavelength: float = 8.0, x: float = 0.0, y: float = 0.0, aspect: float = 1.0,
        **options: Any,
    ) -> "EndStoppedCell":  # fmt: skip
        """Three complex cells in a row along `orientation`, `distance` pixels apart (a wave and a half by default)."""
        distance = 1.5 * wavelength if distance is None else distance
        dx, dy = distance * np.cos(np.deg2rad(orientation)), distance * np.sin(np.deg2rad(orientation))
        made = (
            ComplexCell.gabor(
                size, orientation, wavelength=wavelength, aspect=aspect, x=x + k * dx, y=y + k * dy, **options
            )
            for k in (0, 1, -1)
        )
        return cls(*made, strength, peak)

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        return self.middle.shape

    def territory(self) -> np.ndarray:
        """The middle's territory less those of the ends. (H, W)"""
        ends = self.one.territory() + self.other.territory()
        return self.middle.territory() - self.strength * ends

    def _excitation(self, images: np.ndarray) -> np.ndarray:
        middle, one, other = (cell._excitation(images) for cell in (self.middle, self.one, self.other))
        return np.maximum(0, middle - self.strength * (one + other))


def _check_field(who: str, name: str, field: Any) -> None:
    if not isinstance(field, np.ndarray) or field.dtype.kind != "f":
        raise DtypeError(f"{who}: {name} must be an array of floats, got {checks.dtype_name(field)}")
    if field.ndim != 2 or field.size == 0:
        raise ShapeError(f"{who}: {name} must have two axes (H, W), got {field.shape}")


def _check_rates(who: str, peak: float, baseline: float) -> None:
    checks.number(who, "peak", peak, 0)
    checks.number(who, "baseline", baseline, 0)
