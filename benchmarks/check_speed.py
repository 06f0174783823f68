"""How long `check` takes to answer, exercise by exercise: the right answer, and the mistake that takes longest to name.

    python benchmarks/check_speed.py            # prints
    python benchmarks/check_speed.py --record   # and writes benchmarks/results/DATE-check-speed.json

A first check draws the inputs and works out what is expected and what every known mistake gives; later ones remember
that. Times are those of the processor, which a busy machine does not change; the picture comes after the words.
"""

import os
import statistics
import sys
import tempfile
import time

from convlab import records
from convlab.grading import Exercise, engine, messages, picture
from convlab.grading.card import as_html
from convlab.grading.exercises import EXERCISES

SEED, REPEATS = 3, 3  # the seed of the notebook


def seconds(action) -> float:
    """The median of a few runs."""
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def forget() -> None:
    """As in a kernel that has checked nothing yet."""
    for remembered in (engine.drawn, engine._wanted, engine._produce):
        remembered.cache_clear()


def verdict(exercise: Exercise, function):
    """What `check` does before it shows something."""
    judged = engine.diagnose(exercise, function, SEED)
    as_html(messages.verdict_card(judged))
    return judged


def first(exercise: Exercise, function) -> None:
    """A check in a kernel that has checked nothing yet."""
    forget()
    verdict(exercise, function)


def measure(exercise: Exercise) -> dict[str, float]:
    """Seconds for one exercise."""
    wrong = [seconds(lambda m=mutant: first(exercise, m.function)) for mutant in exercise.mutants]
    slowest = exercise.mutants[max(range(len(wrong)), key=wrong.__getitem__)]
    judged = verdict(exercise, slowest.function)
    return {
        "right": seconds(lambda: first(exercise, exercise.reference)),
        "wrong_first": max(wrong),
        "wrong_again": seconds(lambda: verdict(exercise, slowest.function)),
        "picture": seconds(lambda: picture.draw(exercise, judged)),
    }


def main() -> None:
    """Measure, print, and record if asked to."""
    os.environ["CONVLAB_PROGRESS"] = os.path.join(tempfile.mkdtemp(), "progress.json")
    started = time.process_time()
    conv1d = EXERCISES["conv1d"]
    picture.draw(conv1d, verdict(conv1d, conv1d.mutants[0].function))  # loads Matplotlib
    loading = time.process_time() - started
    rows = {}
    for exercise in EXERCISES.values():
        rows[exercise.name] = measure(exercise)
        print(f"{exercise.name:24}" + "  ".join(f"{key} {value:.3f} s" for key, value in rows[exercise.name].items()))
    slowest = {key: max(row[key] for row in rows.values()) for key in rows["conv1d"]}
    print("slowest".ljust(24) + "  ".join(f"{key} {value:.3f} s" for key, value in slowest.items()))
    if "--record" in sys.argv:
        content = {"seed": SEED, "first_picture": round(loading, 3), "slowest": _rounded(slowest)}
        print(
            records.write("check-speed", {**content, "exercises": {name: _rounded(row) for name, row in rows.items()}})
        )


def _rounded(row: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 4) for key, value in row.items()}


if __name__ == "__main__":
    main()
