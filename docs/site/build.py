"""Build the site of the lessons: to read before installing anything, with search, dark mode and formulas, all offline.

    uv run --group site python docs/site/build.py OUT

Takes the notebooks with their saved outputs, lays them out as pages, lets Sphinx with MyST-NB (the engine of Jupyter Book)
render them, and checks every link of what came out. OUT/index.html is the front page. Nothing is executed.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from check import dead_links

ROOT = Path(__file__).parents[2]
SITE = Path(__file__).parent
LIVE = (
    "```{note}\nThis page shows a notebook as it was saved. Predictions are answered and explorers move in JupyterLab on "
    "your own machine: [how to begin](../index.md).\n```"
)


def build(out: Path) -> list[str]:
    """Write the site to `out` and return what is wrong with its links, best nothing."""
    from sphinx.cmd.build import main as sphinx

    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        lay_out(pages)
        arguments = ["-b", "html", "-q", "-W", "--keep-going", "-c", SITE, "-d", Path(folder) / "doctrees", pages, out]
        if sphinx([str(argument) for argument in arguments]):
            raise SystemExit("site: Sphinx has complained, see above")
    return dead_links(out)


def lay_out(pages: Path) -> None:
    """Copy what the site shows into the folder `pages`: lessons, exercises, the records they cite, a front page."""
    entries: dict[str, list[Entry]] = {"notebooks": [], "exercises": []}
    for name, found in entries.items():
        (pages / name).mkdir(parents=True)
        for path in sorted((ROOT / name).glob("[0-9][0-9]_*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            entry = Entry(path, notebook)
            found.append(entry)
            nbformat.write(prepared(notebook), pages / name / path.name)
    shutil.copytree(ROOT / "benchmarks" / "results", pages / "benchmarks" / "results")
    shutil.copy(ROOT / "docs" / "pictures" / "lenet5.png", pages)
    (pages / "index.md").write_text(front_page(**entries), encoding="utf-8")


class Entry:
    """What the front page says about a notebook."""

    def __init__(self, path: Path, notebook: nbformat.NotebookNode):
        first = notebook.cells[0].source
        self.page = f"{path.parent.name}/{path.stem}"
        self.number = path.name[:2]
        self.title = re.search(r"^# (.+)$", first, re.MULTILINE)[1].replace("Exercise: ", "")
        question = re.search(r"^\*\*(.+?)\*\*$", first, re.MULTILINE | re.DOTALL)
        self.question = " ".join(question[1].split()) if question else ""
        time = re.search(r"\*\*Time\*\* \| about (\d+) minutes", first)
        self.minutes = time[1] if time else ""


def prepared(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook as its page shows it: with a word on what is missing there."""
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(LIVE, id="on-the-web"))
    return notebook


def front_page(notebooks: list[Entry], exercises: list[Entry]) -> str:
    """The text of index.md."""
    template = (SITE / "index.md").read_text(encoding="utf-8")
    graded = {entry.number: entry for entry in exercises}
    lines = ["| | lesson | |", "| --- | --- | --- |"]
    for entry in notebooks:
        own = graded.get(entry.number)
        exercise = f"[exercise]({own.page}.ipynb)" if own else ""
        time = f"{entry.minutes} min" if entry.minutes else ""
        lines.append(
            f"| {entry.number} | **[{entry.title}]({entry.page}.ipynb)** <br>{entry.question} | {time} <br>{exercise} |"
        )
    tocs = [toctree("Lessons", notebooks), toctree("Exercises", exercises)]
    return template.replace("LESSONS", "\n".join(lines)).replace("CONTENTS", "\n\n".join(tocs))


def toctree(caption: str, entries: list[Entry]) -> str:
    lines = [f"{entry.number} {entry.title} <{entry.page}>" for entry in entries]
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```"])


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    out = Path(sys.argv[1])
    if found := build(out):
        raise SystemExit("site: links that lead nowhere\n" + "\n".join(found))
    print(f"site: {out / 'index.html'}; every link leads somewhere")


if __name__ == "__main__":
    main()
