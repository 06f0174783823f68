"""What a worker can import: the allowed packages, and a convlab without answers.

A folder with links to the packages an exercise allows and with copies of those few files of convlab that the worker
needs. All other parts of convlab are silent (`convlab.grading.silent`), unless the exercise allows them by name.
"""

import ast
import importlib.util
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from convlab.errors import BackendError

OWN_FILES = (
    "errors", "_version", "grading/calling", "grading/confine", "grading/definition", "grading/notebook_code",
    "grading/silent", "grading/verdict", "grading/wire", "grading/worker",
)  # fmt: skip
TOP = '''"""convlab as a graded function sees it: what only shows something is silent, what computes is not here."""

import importlib


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return importlib.import_module(f"convlab.{name}")
'''
GRADING = '"""While it is graded, `check` says nothing."""\n\nfrom convlab.grading.silent import check as check\n'
# what a package needs that a learner does not ask for, and what of it must not be seen
NEEDS = {"numba": ("llvmlite", "scipy")}
MASKED = {"scipy": ("signal", "ndimage")}
ALWAYS = ("numpy", "tqdm")
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")


@dataclass(frozen=True)
class Site:
    """A folder to import from, and the places on the disk it leads to.

    Parameters
    ----------
    folder : first entry of the worker's path
    packages : real folders of the allowed packages
    masked : folders in them that must look empty
    preload : modules imported before the first exercise
    kernels : the read-only cache of convlab's compiled kernels, if convlab's own functions are allowed
    """

    folder: Path
    packages: tuple[Path, ...]
    masked: tuple[Path, ...]
    preload: tuple[str, ...]
    kernels: Path | None = None

    @cached_property
    def python(self) -> Path:
        """The interpreter itself, not the link of a virtual environment."""
        return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()

    @cached_property
    def visible(self) -> tuple[Path, ...]:
        """What Python needs of the disk, packages apart."""
        base = Path(sys.base_prefix).resolve()
        places = [Path(path) for path in SYSTEM if os.path.exists(path) and not os.path.islink(path)]
        own = [self.python, Path(sysconfig.get_path("stdlib")).resolve(), Path(os.__file__).resolve().parent]
        own += [library] if (library := _libpython()) else []
        if not base.is_relative_to("/usr") or base.is_relative_to("/usr/local"):
            own += [base / "lib"] if (base / "conda-meta").is_dir() else []
        places += [path for path in dict.fromkeys(own) if not any(path.is_relative_to(place) for place in places)]
        return (*places, self.folder, *((self.kernels,) if self.kernels else ()))

    @cached_property
    def hidden(self) -> tuple[Path, ...]:
        """Folders with packages that lie in what is visible; and those parts of allowed packages that are not allowed."""
        found = []
        for place in self.visible:
            if place.is_dir() and place != self.folder:
                found += [path for name in ("site-packages", "dist-packages") for path in _shallow(place, name)]
        return tuple(dict.fromkeys(found))

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)


def _shallow(place: Path, name: str) -> list[Path]:
    candidates = [place / name, *place.glob(f"*/{name}"), *place.glob(f"python*/*/{name}")]
    return [path for path in candidates if path.is_dir() and not path.is_symlink()]


def _libpython() -> Path | None:
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    path = Path(folder or "/nowhere") / (name or "none")
    return path.resolve() if ".so" in path.name and path.exists() else None


def build(allowed: Iterable[str]) -> Site:
    """The site for an allow-list such as ("math", "numpy"). Raises BackendError if a package is not installed."""
    allowed = tuple(allowed)
    own = [name for name in allowed if name.split(".")[0] == "convlab"]
    tops = [name.split(".")[0] for name in (*ALWAYS, *allowed) if name.split(".")[0] != "convlab"]
    if own:
        tops.append("numba")
    tops += [more for name in tops for more in NEEDS.get(name, ())]
    folder = Path(tempfile.mkdtemp(prefix="convlab-site-")) / "site"
    folder.mkdir()
    _write_convlab(folder / "convlab", own)
    packages, masked = [], []
    for name in dict.fromkeys(tops):
        if name in sys.stdlib_module_names:
            continue
        for path in _places(name):
            os.symlink(path, folder / path.name)
            packages.append(path)
            masked += [path / part for part in MASKED.get(name, ()) if (path / part).is_dir()]
    # only those of a learner's packages; tqdm and what Numba needs load when they are asked for
    preload = tuple(name for name in ("numpy", "numba") if name in tops)
    for path in (folder.parent, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(0o755)
    return Site(folder, tuple(packages), tuple(masked), preload, _kernel_cache() if own else None)


def _places(name: str) -> list[Path]:
    """The real folder of an installed package, and the libraries that wheels put beside it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        if name in ALWAYS[1:] or any(name in more for more in NEEDS.values()):
            return []
        raise BackendError(f"grade: an exercise allows {name}, which is not installed; install it, then grade again")
    origin = Path(spec.origin).resolve()
    place = origin.parent if origin.name == "__init__.py" else origin
    libraries = place.parent / f"{name}.libs"
    return [place, *([libraries] if libraries.is_dir() else [])]


def _write_convlab(target: Path, allowed: list[str]) -> None:
    source = Path(__file__).parents[1]
    names = {*OWN_FILES, *_with_imports(source, allowed)}
    for name in sorted(names):
        path = target / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / f"{name}.py", path)
    (target / "__init__.py").write_text(TOP)
    (target / "grading" / "__init__.py").write_text(GRADING)


def _with_imports(source: Path, modules: list[str]) -> set[str]:
    """Files, without .py, of convlab's modules and of all of convlab that they import."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop().removeprefix("convlab").lstrip(".").replace(".", "/")
        if name.split("/")[0] in ("", "grading"):
            continue
        for path in (name, f"{name}/__init__"):
            if path not in found and (source / f"{path}.py").is_file():
                found.add(path)
                waiting += _imports(source / f"{path}.py")
        if "/" in name:
            waiting.append(f"convlab/{name.rsplit('/', 1)[0]}".replace("/", "."))
    if any(name.startswith("kernels") for name in found):  # all of them: the cache goes by their digest
        found |= {str(p.relative_to(source).with_suffix("")) for p in (source / "kernels").rglob("*.py")}
    return found


def _imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "convlab":
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.split(".")[0] == "convlab"]
    return names


def _kernel_cache() -> Path | None:
    from convlab import compile_cache

    return compile_cache.folder()
