"""How the site is made of the pages in this folder (`make docs`). The reference is made from the code each time."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

import antiphon

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from docs import listing  # noqa: E402, it lies beside this file

project = "Antiphon"
author = "Antiphon contributors"
project_copyright = "Antiphon contributors, MIT licence"
release = version = antiphon.__version__

extensions = ["myst_parser"]
myst_enable_extensions = ["linkify"]
myst_linkify_fuzzy_links = False  # only what begins with http is a link
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # the changelog begins below its title
exclude_patterns: list[str] = []

smartquotes = False  # two dashes begin an option

html_theme = "furo"
html_title = f"Antiphon {release}"
html_show_sphinx = False
html_copy_source = False
html_static_path: list[str] = []
html_favicon = "../daemon/antiphon/page/static/icon.svg"


def setup(app: Sphinx) -> None:
    """Write the reference before the pages are read."""
    app.connect("config-inited", lambda *_: listing.write(HERE / "reference"))
