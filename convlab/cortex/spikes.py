"""Spikes in time, and how they sound: each is a click in the loudspeaker, as in the laboratory."""

import base64
import io
import wave
from typing import Any

import numpy as np

from convlab import checks
from convlab.errors import ShapeError

SAMPLES = 8000  # of sound per second
CLICK = 0.004  # seconds
PITCH = 1500.0  # Hz


def spike_times(rate: float, seconds: float = 1.0, rng: Any = None) -> np.ndarray:
    """Moments of the spikes of a Poisson process, in seconds, in their order.

    How many there are is drawn first, with mean rate * seconds; then each falls anywhere.

    Parameters
    ----------
    rate : spikes per second
    seconds : how long
    rng : numpy Generator, or a seed

    >>> times = spike_times(50, 2, rng=0)
    >>> bool((0 <= times).all() and (times < 2).all() and (np.diff(times) >= 0).all())
    True
    """
    rate = checks.number("spike_times", "rate", rate, 0)
    seconds = checks.number("spike_times", "seconds", seconds, 0)
    generator = np.random.default_rng(rng)
    return np.sort(generator.uniform(0, seconds, generator.poisson(rate * seconds)))


class Clicks:
    """Spikes to be heard: in a notebook it shows a player. Nothing sounds before it is started.

    Parameters
    ----------
    times : (spikes,)
        Seconds.
    seconds : length of the sound

    >>> Clicks(np.array([0.1, 0.5]))
    2 clicks in 1 s
    """

    def __init__(self, times: Any, seconds: float = 1.0):
        self.times = np.asarray(times, dtype=np.float64)
        self.seconds = checks.number("Clicks", "seconds", seconds, 0.01, 60)
        if self.times.ndim != 1:
            raise ShapeError(f"Clicks: times must have one axis, got {self.times.shape}")

    def samples(self) -> np.ndarray:
        """The sound: int16, 8000 a second; overlapping clicks are no louder than one."""
        length = round(self.seconds * SAMPLES)
        t = np.arange(round(CLICK * SAMPLES)) / SAMPLES
        click = np.exp(-t / (CLICK / 4)) * np.sin(2 * np.pi * PITCH * t)
        sound = np.zeros(length + len(click))
        for start in (self.times * SAMPLES).astype(int):
            if 0 <= start < length:
                sound[start : start + len(click)] = click
        return np.rint(0.5 * 32767 * sound[:length]).astype("<i2")

    def wav(self) -> bytes:
        """The sound as a WAV file: one channel, 16 bits."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLES)
            file.writeframes(self.samples().tobytes())
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"{len(self.times)} clicks in {self.seconds:g} s"

    def _repr_html_(self) -> str:
        sound = base64.b64encode(self.wav()).decode("ascii")
        return f'<audio controls aria-label="{self!r}" src="data:audio/wav;base64,{sound}"></audio> {self!r}'
