"""Whole training steps and epochs, for `benchmarks.training`; filled in by `STEPS` and `EPOCHS` per engine."""

STEPS: dict = {}
EPOCHS: dict = {}
