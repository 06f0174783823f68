"""Progress bars that only a person sees: on a terminal, and, for what takes minutes, in a notebook."""

import sys


def bar(total: int, title: str, *, unit: str = "it", done: int = 0, in_notebook: bool = False):
    """A tqdm bar; silent where nobody watches (a log file, a test, a notebook unless `in_notebook`)."""
    from tqdm.auto import tqdm

    watched = sys.stderr is not None and sys.stderr.isatty()
    return tqdm(
        total=total,
        initial=done,
        desc=title,
        unit=unit,
        unit_scale=unit == "B",
        unit_divisor=1024,
        leave=False,
        disable=not (watched or (in_notebook and is_notebook())),
    )


def is_notebook() -> bool:
    """Whether this is the kernel of a notebook, not merely a process that has loaded one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "IPKernelApp" in shell.config
