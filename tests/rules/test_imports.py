"""Imports run downward only, and `import convlab` starts nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "convlab"

# A module imports from lines above its own. A new module is written in where it belongs.
LAYERS = [
    "errors",
    "settings",
    "_version",
    "geometry",
    "compile_cache",
    "jit",
    "checks",
    "simt",
    "race",
    "reference",
    "kernels",
    "backend",
    "functional",
    "nn",
    "models",
    "optim",
    "checkpoint",
    "data",
    "training",
    "recipes",
    "records",
    "history",
    "course",
    "cortex",
    "plots",
    "runs",
    "widgets",
    "grading",
    "bench",
    "convlab",  # the package itself: it offers names of all the others
    "cli",
    "__main__",
]


def imports(tree):
    """(line, dotted name) of every import, in functions too. `from a import b` gives a.b, which may be a name in a."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def layer(dotted):
    """The line of LAYERS that convlab.<...> belongs to."""
    name = dotted.split(".")[1] if "." in dotted else "convlab"
    known = name in LAYERS or (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()
    return name if known else "convlab"  # `from convlab import set_threads`


def faults(source, module):
    """What is wrong with the imports of `source`, the text of convlab.<module>."""
    own = layer(f"convlab.{module}")
    for line, name in imports(ast.parse(source)):
        top = name.split(".")[0]
        if name.startswith("."):
            yield f"{module}:{line}: write {name} as convlab..., so that it can be found"
        elif name.startswith("numba.cuda") and not module.startswith("kernels.cuda"):
            yield f"{module}:{line}: only kernels/cuda imports numba.cuda"
        elif top != "convlab":
            continue
        elif layer(name) == "kernels" and own not in ("kernels", "backend"):
            yield f"{module}:{line}: only backend imports kernels, here {name}"
        elif own == "kernels" and {*module.split(".")[1:2], *name.split(".")[2:3]} >= {"cpu", "cuda"}:
            yield f"{module}:{line}: kernels.cpu and kernels.cuda never import each other, here {name}"
        elif {own, layer(name)} <= set(LAYERS) and LAYERS.index(layer(name)) > LAYERS.index(own):
            yield f"{module}:{line}: {own} stands above {layer(name)} and may not import {name}"


def module_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "convlab"


FILES = sorted(PACKAGE.rglob("*.py"))


def test_there_is_something_to_read():
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_every_module_has_its_line(path):
    name = module_of(path).split(".")[0]
    assert name in LAYERS, f"write {name} into LAYERS of {Path(__file__).name}, below all that it imports"


@pytest.mark.parametrize("path", [path for path in FILES if module_of(path) != "convlab"], ids=module_of)
def test_imports_run_downward(path):
    assert list(faults(path.read_text(encoding="utf-8"), module_of(path))) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("geometry", "from convlab import jit"),
        ("geometry", "import convlab.jit"),
        ("geometry", "def f():\n    from convlab.functional.conv import conv2d"),
        ("functional.conv", "from convlab.kernels.cpu import conv"),
        ("functional.conv", "from convlab import kernels"),
        ("kernels.cpu.conv", "from convlab.kernels.cuda import conv"),
        ("kernels.cuda.conv", "import convlab.kernels.cpu.conv"),
        ("kernels.cpu.conv", "from convlab.backend import bind"),
        ("backend", "from numba import cuda"),
        ("kernels.cpu.conv", "import numba.cuda"),
        ("nn.conv", "from ..functional import conv2d"),
        ("nn.conv", "import convlab"),
        ("nn.conv", "from convlab import set_threads"),
        ("training", "from convlab.cli.train import train"),
    ],
)
def test_a_wrong_import_is_found(module, source):
    assert len(list(faults(source, module))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("functional.pool", "from convlab.functional.conv import conv2d"),
        ("backend", "from convlab.kernels import cpu"),
        ("kernels.cpu.conv", "from convlab.kernels.cpu.linear import dot"),
        ("kernels.cuda.conv", "from numba import cuda"),
        ("cli.train", "import convlab\nfrom convlab import set_threads, training"),
        ("nn.conv", "import numpy as np\nfrom convlab import checks"),
    ],
)
def test_a_right_import_is_not(module, source):
    assert list(faults(source, module)) == []


# ------------------------------------------------------------------------------------------------ what gets loaded
def loaded_after(statement):
    """Names of all modules that a fresh process has after this statement."""
    script = f"import sys\nsys.path.insert(0, {str(PACKAGE.parent)!r})\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_import_convlab_starts_nothing_heavy():
    heavy = {"numba", "llvmlite", "scipy", "sklearn", "matplotlib", "IPython", "ipywidgets", "PIL", "pooch", "pandas"}
    assert not loaded_after("import convlab") & (heavy | {"numpy"})


def test_the_names_of_convlab_are_there_when_asked_for():
    found = loaded_after("import convlab\nfor name in convlab.__all__: getattr(convlab, name)")
    assert {"numba", "convlab.functional", "convlab.training"} <= found
    assert not found & {"sklearn", "matplotlib", "IPython", "ipywidgets"}


def test_no_module_loads_figures_or_data_sets_before_they_are_used():
    top = sorted({module_of(path).split(".")[0] for path in FILES} - {"convlab"})
    found = loaded_after("import " + ", ".join(f"convlab.{name}" for name in top))
    assert not found & {"sklearn", "matplotlib", "IPython", "pooch", "PIL", "pandas"}
