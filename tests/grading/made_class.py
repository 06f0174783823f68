"""Made-up students: notebooks of lesson 03 with the answers that learners really give."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

RIGHT = {
    "conv1d": """
def conv1d(x, w):
    return np.array([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
""",
    "conv2d": """
def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    O, _, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    y = np.zeros((N, O, (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1))
    for n, o, i, j in np.ndindex(y.shape):
        top, left = i * stride, j * stride
        y[n, o, i, j] = (x[n, :, top : top + KH, left : left + KW] * w[o]).sum() + b[o]
    return y
""",
    "true_convolution": """
def true_convolution(x, w):
    w = w[::-1, ::-1]
    KH, KW = w.shape
    y = np.zeros((x.shape[0] - KH + 1, x.shape[1] - KW + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (x[i : i + KH, j : j + KW] * w).sum()
    return y
""",
    "vertical_edges": """
def vertical_edges():
    return np.array([[1.0, 0.0, -1.0]] * 3)
""",
}

# name: (function, what to put for what)
SLIPS = {
    "flipped": ("conv1d", "* w)", "* w[::-1])"),
    "last window missing": ("conv1d", "- len(w) + 1", "- len(w)"),
    "stride forgotten": ("conv2d", "i * stride, j * stride", "i, j"),
    "bias left out": ("conv2d", " + b[o]", ""),
    "one channel": ("conv2d", "* w[o])", "* w[o])[0]"),
    "typing slip": ("conv2d", "KW]", "kw]"),
    "endless": ("conv2d", "    return y", "    while True:\n        y += 1"),
    "not turned": ("true_convolution", "w = w[::-1, ::-1]", "w = w"),
    "horizontal": ("vertical_edges", "[[1.0, 0.0, -1.0]] * 3", "[[1.0] * 3, [0.0] * 3, [-1.0] * 3]"),
    "grey": ("vertical_edges", "[[1.0, 0.0, -1.0]] * 3", "[[1.0, 2.0, -1.0]] * 3"),
}  # fmt: skip


def exercise_notebook(lesson="03_convolution"):
    """The exercise as it is given out."""
    return json.loads((ROOT / "exercises" / f"{lesson}.ipynb").read_text(encoding="utf-8"))


def answers(*slips, leave_out=()):
    """Sources of the four functions with these slips."""
    sources = {name: source.strip() for name, source in RIGHT.items() if name not in leave_out}
    for slip in slips:
        name, old, new = SLIPS[slip]
        assert old in sources[name], (slip, sources[name])
        sources[name] = sources[name].replace(old, new)
    return sources


def notebook(sources, lesson="03_convolution"):
    """The exercise with answers in their cells, by the cell's grade_id."""
    made = exercise_notebook(lesson)
    for cell in made["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in sources:
            cell["source"] = sources[name]
    return made


def plain_notebook(*sources):
    """A notebook of nothing but code cells, without metadata."""
    cells = [
        {"cell_type": "code", "id": f"c{k}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for k, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def hand_in(folder, student, made, name="03_convolution.ipynb"):
    """Write a student's notebook (a dict, or the text of a broken one); its path."""
    path = Path(folder) / student / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made if isinstance(made, str) else json.dumps(made), encoding="utf-8")
    return path


CLASS = {
    "ada": (),
    "bela": ("stride forgotten",),
    "chidi": ("stride forgotten", "not turned"),
    "dana": ("flipped", "bias left out", "horizontal"),
    "emre": ("typing slip",),
    "fatou": (),
    "gita": ("one channel", "grey"),
    "hugo": ("endless", "last window missing", "not turned", "horizontal"),
}


def ten_students(folder):
    """Eight who handed in, one with a broken file, and one of whom there is only an empty notebook."""
    for student, slips in CLASS.items():
        hand_in(folder, student, notebook(answers(*slips)))
    hand_in(folder, "ines", json.dumps(notebook(answers()))[:5000])
    hand_in(folder, "jon", exercise_notebook())
    return sorted([*CLASS, "ines", "jon"])


def cut(text):
    """A notebook's text without what changes from run to run."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)
