"""The version of this dualgrad, read without importing it: NumPy takes longer than the answer."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path


def version() -> str:
    """Return the name and the version of the distribution.

    >>> version().split()[0]
    'dualgrad'
    """
    package = find_spec("dualgrad")
    assert package is not None and package.origin is not None
    return f"dualgrad {runpy.run_path(str(Path(package.origin).with_name('_version.py')))['__version__']}"
