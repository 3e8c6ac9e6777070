"""What the tests of the checker by itself know: forms as numbers, and a certificate written by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def whole() -> Any:
    """The module of the tests of the whole checker."""
    spec = importlib.util.spec_from_file_location("tests_of_the_checker", Path(__file__).parents[1] / "test_checker.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
