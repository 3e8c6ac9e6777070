"""The version of this dualgrad, read without importing it: NumPy takes longer than the answer."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path


def version() -> str:
    """Return the name and the version of the distribution.

    >>> version().split()[0]
    'dualgrad'
    """
    package = find_spec("dualgrad")
    assert package is not None and package.origin is not None
    text = Path(package.origin).with_name("_version.py").read_text(encoding="utf-8")
    (found,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return f"dualgrad {found}"
