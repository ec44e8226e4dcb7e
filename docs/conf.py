"""Sphinx settings: Markdown pages through MyST, the furo theme; `make docs` builds."""

from dnnt._version import __version__

project = "dnnt"
author = "the dnnt developers"
project_copyright = "the dnnt developers"
release = version = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"dnnt {release}"
html_show_sourcelink = False
