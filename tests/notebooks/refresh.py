"""Run notebooks and keep their outputs, ready to be saved in the repository.

    python tests/notebooks/refresh.py                               all lessons and solutions
    python tests/notebooks/refresh.py notebooks/03_convolution.ipynb

What differs from run to run is left out: the state of widgets (pages without a kernel show their picture instead), times,
versions of Python. The learner's progress, data folder and settings of the machine are kept out of it.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
LIVE = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT_METADATA = ("convlab", "nbgrader", "tags")


def refresh(path: Path) -> None:
    """Execute the notebook at `path` in its folder and write it back with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CONVLAB_PROGRESS": f"{folder}/progress.json", "IPYTHONDIR": folder}
        environment.pop("CONVLAB_DATA", None)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        client = NotebookClient(
            notebook, timeout=90, kernel_name="python3", store_widget_state=False, record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        )  # fmt: skip
        client.execute(env=environment)
    tidy(notebook)
    nbformat.write(notebook, path)


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Leave out of an executed notebook what another run or another machine would change."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata})
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data.pop(LIVE, None)


def joined(outputs: list) -> list:
    """Printed lines that arrived one after the other are one output: in how many pieces they came is chance."""
    together = []
    for output in outputs:
        last = together[-1] if together else {}
        if output.output_type == "stream" and (last.get("output_type"), last.get("name")) == ("stream", output.name):
            last.text += output.text
        else:
            together.append(output)
    return together


if __name__ == "__main__":
    given = [Path(argument).resolve() for argument in sys.argv[1:]]
    for path in given or [p for folder in ("notebooks", "solutions") for p in sorted((ROOT / folder).glob("*.ipynb"))]:
        print(path.relative_to(ROOT), flush=True)
        refresh(path)
