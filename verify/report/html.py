"""A run as a self-contained page."""

from __future__ import annotations

from collections.abc import Sequence

from verify.report.page import page
from verify.report.trends import Past
from verify.runs.suite import Run


def html(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return the page of a run."""
    return page(run, against, past) + "\n"
