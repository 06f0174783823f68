"""What a worker can import: the allowed packages, and nothing that knows an answer."""

import subprocess
import sys

import pytest

from convlab.errors import BackendError
from convlab.grading import silent, worker_site


@pytest.fixture
def site():
    made = worker_site.build(("math", "numpy"))
    yield made
    made.remove()


def inside(site, script):
    """Run a script with this site and the standard library alone."""
    start = (
        f"import sys; sys.path.insert(0, {str(site.folder)!r})\nfrom convlab.grading import silent; silent.install()\n"
    )
    done = subprocess.run(
        [str(site.python), "-I", "-S", "-c", start + script], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_file_of_the_site_knows_an_answer(site):
    own = {path.relative_to(site.folder / "convlab").as_posix() for path in (site.folder / "convlab").rglob("*.py")}
    assert own == {f"{name}.py" for name in worker_site.OWN_FILES} | {"__init__.py", "grading/__init__.py"}
    assert not any("reference" in name or "exercises" in name or "engine" in name or "kernels" in name for name in own)
    assert {path.name for path in site.packages} <= {"numpy", "numpy.libs", "tqdm"}


def test_a_notebooks_first_cell_works_and_shows_nothing(site):
    script = """
import numpy as np
import convlab, convlab.functional as F
from convlab import plots, data, widgets
from convlab.grading import check, diagnose
import matplotlib.pyplot as plt
from IPython.display import display
check("conv2d", print); check.hint("conv2d"); check.predict("x", 3)
plots.show(plots.array_row([1], ["a"], roles=[plots.INPUT] * 2), alt="x")
with plt.style.context("dark"): plt.plot([1]); display(1)
print(type(F.conv2d(1, 2)[0, 0]).__name__)
"""
    assert inside(site, script) == "Silent"


@pytest.mark.parametrize("package", ["scipy", "sklearn", "torch", "numba", "convlab.kernels"])
def test_other_packages_are_not_there(site, package):
    script = f"""
try:
    import {package} as found
    print("silent" if type(found).__name__ == "SilentModule" else "there")
except ImportError:
    print("not there")
"""
    assert inside(site, script) == ("silent" if package.startswith("convlab") else "not there")


def test_an_exercise_may_allow_a_part_of_convlab_with_all_it_needs():
    site = worker_site.build(("numpy", "convlab.functional"))
    try:
        script = "import numpy as np, convlab.functional as F; print(F.relu(np.array([-1.0, 2.0])))"
        assert inside(site, script) == "[0. 2.]"
        names = {path.relative_to(site.folder).as_posix() for path in site.folder.rglob("convlab/**/*.py")}
        assert "convlab/kernels/cpu/conv.py" in names and "convlab/grading/engine.py" not in names
        assert site.kernels is None or site.kernels.is_dir()
    finally:
        site.remove()


def test_a_package_that_is_not_installed_is_one_line():
    with pytest.raises(BackendError, match="allows nowhere_to_be_found, which is not installed"):
        worker_site.build(("numpy", "nowhere_to_be_found"))


def test_silent_things_do_nothing_and_are_no_numbers():
    thing = silent.Silent("convlab.functional")
    assert isinstance(thing.conv2d(1, x=2)[3].deeper, silent.Silent)
    thing.attribute, thing[0] = 1, 2
    with thing:
        pass
    for use in (
        lambda: thing + 1,
        lambda: 2 * thing,
        lambda: float(thing.relu),
        lambda: list(thing),
        lambda: bool(thing),
    ):
        with pytest.raises(silent.NotAvailable, match=r"`convlab.functional.*does nothing while you are graded"):
            use()
    import numpy as np

    with pytest.raises(silent.NotAvailable):
        np.asarray(thing.relu)


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces of Linux")
def test_what_is_visible_holds_python_and_no_folder_of_packages(site):
    assert any(site.python.is_relative_to(place) for place in site.visible)
    assert all("site-packages" in str(path) or "dist-packages" in str(path) for path in site.hidden)
    assert all(any(path.is_relative_to(place) for place in site.visible) for path in site.hidden)
