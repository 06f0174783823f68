"""What the worker has in place of the parts of convlab, and of other packages, that only show something.

A notebook draws pictures and asks `check` while the learner works. While it is graded these calls do nothing. What they
give back takes part in nothing: used as a number it stops with a sentence that says so.
"""

import importlib.machinery
import sys
import types
from collections.abc import Iterator
from typing import Any

DISPLAY_ONLY = ("matplotlib", "IPython", "ipywidgets")
SPECIAL = (
    "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "matmul", "rmatmul", "pow", "rpow", "floordiv",
    "mod", "neg", "abs", "float", "int", "index", "bool", "len", "array", "lt", "le", "gt", "ge", "contains",
)  # fmt: skip


class NotAvailable(RuntimeError):
    """A learner's function needs something of convlab that it should compute itself."""


class Silent:
    """Anything of a silent module: it can be called, indexed and looked into, and does nothing."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> "Silent":
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Silent(f"{self._name}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> "Silent":
        return self

    def __getitem__(self, key: Any) -> "Silent":
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        raise NotAvailable(_refusal(self._name))

    def __repr__(self) -> str:
        return f"<{self._name}, silent while graded>"


def _refusal(name: str) -> str:
    return f"`{name}` does nothing while you are graded: compute it yourself"


def _refuse(self: Silent, *args: Any) -> Any:
    raise NotAvailable(_refusal(self._name))


for _name in SPECIAL:
    setattr(Silent, f"__{_name}__", _refuse)


class SilentModule(types.ModuleType):
    """A module in which every name is silent."""

    __path__ = ()

    def __getattr__(self, name: str) -> Silent:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Silent(f"{self.__name__}.{name}")


class Finder:
    """Gives a silent module for whatever of these packages is not there. It comes last, after the real ones."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        top = name.split(".")[0]
        if top in DISPLAY_ONLY or name.startswith("convlab."):
            return importlib.machinery.ModuleSpec(name, Finder, is_package=True)
        return None

    @staticmethod
    def create_module(spec: importlib.machinery.ModuleSpec) -> SilentModule:
        return SilentModule(spec.name)

    @staticmethod
    def exec_module(module: types.ModuleType) -> None:
        pass


def install() -> None:
    """Let the silent modules be found in this process."""
    sys.meta_path.append(Finder)  # type: ignore[arg-type]


check = Silent("convlab.grading.check")
