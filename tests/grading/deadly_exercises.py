"""Exercises whose own definition is at fault: one raises, one takes the process with it."""

import dataclasses
import os

from convlab.grading.exercises import EXERCISES as COURSE


def raises(rng):
    raise ZeroDivisionError("a fault in the exercise")


def dies(rng):
    os._exit(9)


EXERCISES = {
    "conv1d": COURSE["conv1d"],
    "conv2d": dataclasses.replace(COURSE["conv2d"], probes=raises),
    "vertical_edges": dataclasses.replace(COURSE["vertical_edges"], probes=dies),
}
