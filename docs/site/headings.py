"""Anchors of headings on the site."""

import re


def jupyter_slug(title: str) -> str:
    """A heading's anchor as JupyterLab makes it, so that links within a lesson work in both.

    >>> jupyter_slug("In five lines")
    'In-five-lines'
    """
    return re.sub(r"\s", "-", title)
