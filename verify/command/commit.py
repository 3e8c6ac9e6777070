"""The commit that a run is of."""

from __future__ import annotations

import subprocess
from pathlib import Path

_PATIENCE = 5.0  # seconds


def commit_of(root: Path) -> str:
    """Return the short hash of the commit that is checked out, with a + where files differ; "" where there is none."""
    found = _git(root, "rev-parse", "--short=12", "HEAD")
    return f"{found}+" if found and _git(root, "status", "--porcelain", "--untracked-files=no") else found


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
