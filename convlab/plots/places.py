"""Where the windows of a convolution lie along one axis. Integers only; the figures draw it."""

from dataclasses import dataclass

from convlab.errors import ArgumentError
from convlab.geometry import extent, output_size


@dataclass(frozen=True)
class Places:
    """The windows that fit on `size` pixels with `padding` zeros on both sides.

    Pixels are numbered from 0; the padding lies at −padding ... −1 and at size ... size + padding − 1.

    Parameters
    ----------
    size, kernel, stride, padding, dilation : int

    Raises
    ------
    ArgumentError
        A number that is too small, or none.

    >>> places = Places(7, 3, stride=3)
    >>> places.count, places.taps(1), places.unseen
    (2, (3, 4, 5), (6,))
    """

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self) -> None:
        least = {"size": 1, "kernel": 1, "stride": 1, "padding": 0, "dilation": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ArgumentError(f"Places: {name} must be a whole number of at least {low}, got {value!r}")

    @property
    def count(self) -> int:
        """How many windows fit: the output size."""
        return max(0, output_size(self.size, self.kernel, self.stride, self.padding, self.dilation))

    @property
    def extent(self) -> int:
        """Pixels from the first to the last tap of the kernel."""
        return extent(self.kernel, self.dilation)

    @property
    def pixels(self) -> range:
        """The numbers of all pixels, padding included."""
        return range(-self.padding, self.size + self.padding)

    def taps(self, window: int) -> tuple[int, ...]:
        """The pixels that a window multiplies."""
        start = window * self.stride - self.padding
        return tuple(start + self.dilation * v for v in range(self.kernel))

    @property
    def unseen(self) -> tuple[int, ...]:
        """The pixels of the image, padding apart, that no window multiplies."""
        seen = {pixel for window in range(self.count) for pixel in self.taps(window)}
        return tuple(pixel for pixel in range(self.size) if pixel not in seen)

    def sentence(self) -> str:
        """The output size, with the numbers put into the formula.

        >>> Places(7, 3, stride=3, padding=1).sentence()
        'N = ⌊(7 + 2·1 − 3) / 3⌋ + 1 = ⌊6 / 3⌋ + 1 = 3'
        """
        room = self.size + 2 * self.padding - self.extent
        total = f"{self.size} + 2·{self.padding} − {self.extent}"
        if room < 0:
            return f"{total} = −{-room}: the kernel is too wide, no window fits"
        return f"N = ⌊({total}) / {self.stride}⌋ + 1 = ⌊{room} / {self.stride}⌋ + 1 = {self.count}"

    def remark(self, one: str = "Pixel", several: str = "Pixels") -> str:
        """What is not seen, and how wide a dilated kernel is; "" if there is nothing to say.

        >>> Places(7, 3, stride=3).remark()
        'Pixel 6 is never seen.'
        """
        remarks, unseen = [], self.unseen
        if self.dilation > 1:
            remarks.append(f"The kernel reaches over {self.dilation}·({self.kernel} − 1) + 1 = {self.extent} pixels.")
        if self.count and len(unseen) == 1:
            remarks.append(f"{one} {unseen[0]} {'is' if one == 'Pixel' else 'are'} never seen.")
        elif self.count and len(unseen) < 6 and unseen:
            remarks.append(f"{several} {', '.join(map(str, unseen))} are never seen.")
        elif self.count and unseen:
            remarks.append(f"{len(unseen)} of the {self.size} {several.lower()} are never seen.")
        return " ".join(remarks)
