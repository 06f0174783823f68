"""How long a class takes to grade: 100 submissions of one exercise with five NumPy functions (lesson 06).

python benchmarks/grade_class.py            # measures, prints
python benchmarks/grade_class.py --record   # and writes a dated record to benchmarks/results/

Two students in three hand in right answers; the others have one function that is wrong, crashes or is still empty.
"""

import argparse
import json
import os
import random
import re
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

from convlab import records
from convlab.grading import book, classroom, report
from convlab.grading.classroom import Settings

ROOT = Path(__file__).parents[1]
LESSON = "06_pooling"
FUNCTIONS = ("max_pool", "max_pool_grad", "avg_pool", "avg_pool_grad", "shift_tolerance")
SLIPS = ("right", "right", "twice", "crash", "empty", "right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hand_in(Path(folder) / "in", options.students)
        found = measure(Path(folder), options.jobs)
    print(json.dumps(found, indent=2))
    if options.record:
        print(records.write("grade-class", found, ROOT / records.RESULTS))


def hand_in(folder: Path, students: int) -> None:
    """Write the submissions, the same in every run."""
    solution = json.loads((ROOT / "solutions" / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    rng = random.Random(0)
    for number in range(students):
        made = json.loads(json.dumps(solution))
        wrong, slip = rng.choice(FUNCTIONS), rng.choice(SLIPS)
        for cell in made["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == wrong:
                cell["source"] = with_slip("".join(cell["source"]), slip)
        path = folder / f"student{number:03d}" / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(made))


def with_slip(source: str, slip: str) -> str:
    """The function with something wrong in it."""
    if slip == "empty":
        return re.sub(r"### BEGIN SOLUTION.*", "raise NotImplementedError()", source, flags=re.DOTALL)
    change = {"right": r"return \1", "twice": r"return 2 * (\1)", "crash": r"return (\1)[99, 99]"}[slip]
    return re.sub(r"return (.+)$", change, source, flags=re.MULTILINE)


def measure(folder: Path, jobs: int) -> dict:
    """Grade, write the book and all pages; time on the clock and of the processor."""
    busy = os.getloadavg()[0]
    start = time.perf_counter()
    result = classroom.grade(folder / "in", folder / "out", Settings(), seed=7, jobs=jobs)
    judged = time.perf_counter()
    book.write(result, folder / "out")
    report.write(result, folder / "out")
    seconds = time.perf_counter() - start
    outcomes = Counter(str(entry.outcome) for entry in result.entries.values())
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "what": "convlab grade: submissions of one exercise with five NumPy functions, to the last page of the reports",
        "submissions": len(result.submissions.students),
        "functions": len(result.exercises),
        "jobs": jobs,
        "sandbox": result.tier,
        "seconds": round(seconds, 1),
        "seconds_of_reports": round(seconds - (judged - start), 1),
        "processor_seconds_of_judges_and_workers": round(result.processor_seconds, 1),
        "processor_seconds_of_the_grader_itself": round(usage[0].ru_utime + usage[0].ru_stime, 1),
        "outcomes": dict(sorted(outcomes.items())),
        "load_average_before": round(busy, 1),
        "machine_was_busy": busy > 0.5,
    }


if __name__ == "__main__":
    main()
