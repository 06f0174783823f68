"""A Sphinx extension: pictures that a notebook holds keep the text that stands for them.

`convlab.plots.show` stores it in the metadata of the output, where JupyterLab and MyST-NB do not look.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes


def give_texts(app: Any, doctree: nodes.document) -> None:
    """Set the alt text of each picture of a notebook's page."""
    path = Path(app.env.doc2path(app.env.docname))
    texts = texts_of(path) if path.suffix == ".ipynb" else {}
    for picture in doctree.findall(nodes.image):
        if text := texts.get(Path(picture["uri"]).stem):
            picture["alt"] = text


def texts_of(path: Path) -> dict[str, str]:
    """The text of each picture in a notebook, by the name that MyST-NB gives its file: a digest of the bytes."""
    texts = {}
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                digest = hashlib.sha256(base64.b64decode(output.data["image/png"])).hexdigest()
                texts[digest] = output.metadata.get("image/png", {}).get("alt", "")
    return texts


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("doctree-read", give_texts)
    return {"parallel_read_safe": True}
