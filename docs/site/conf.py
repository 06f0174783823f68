"""Settings of Sphinx for the site of the lessons; `build.py` beside it lays out the pages and runs it."""

from pathlib import Path

# formulas are set by the copy of MathJax that this extension carries: a page asks no other server for anything
extensions = ["myst_nb", "sphinx-mathjax-offline", "alt_texts"]

project = "convlab"
author = "The convlab developers"
project_copyright = author
language = "en"

html_theme = "furo"
html_title = "convlab"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = False
html_show_sphinx = False
templates_path = []
pygments_style, pygments_dark_style = "friendly", "github-dark"

nb_execution_mode = "off"  # the outputs are those saved in the notebooks, which nbval compares
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "attrs_inline"]
myst_heading_anchors = 3
myst_update_mathjax = False
myst_heading_slug_func = "headings.jupyter_slug"  # in the file beside this one
