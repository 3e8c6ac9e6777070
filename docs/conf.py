"""The documentation site. Build it with ``sphinx-build -W docs build/docs``: notebooks are executed, warnings fail."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from pages import write_pages  # noqa: E402  (the folder of this file is put on the path first)

from dualgrad._version import __version__  # noqa: E402

project, author, copyright = "dualgrad", "The dualgrad developers", "The dualgrad developers"
version = release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.doctest"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"dualgrad {release}"

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_custom_formats = {".nb.py": ["jupytext.reads", {"fmt": "py:percent"}]}
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files of the repository, which are no pages here
autodoc_typehints = "none"
autodoc_member_order = "bysource"

EXAMPLES = ("notebook", "first_caught_bug", "custom_op", "scipy_jac", "ci_gate")


def _escaped(app, what, name, obj, options, lines):
    """Bars are absolute values here, and not substitutions."""
    lines[:] = [
        line if "``" in line or line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|") for line in lines
    ]


def setup(app):
    """Write the pages that are made from the code, before Sphinx looks for pages."""
    made = HERE / "_made"
    shutil.rmtree(made, ignore_errors=True)
    write_pages(made)
    for name in EXAMPLES:
        shutil.copy(HERE.parent / "examples" / f"{name}.py", made / f"{name}.nb.py")
    app.connect("autodoc-process-docstring", _escaped)
