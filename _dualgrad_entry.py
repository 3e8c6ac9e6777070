"""The commands ``verify`` and ``dualgrad-verify``, behind a look whether the package ``verify`` is dualgrad's.

It lies beside the packages since another distribution of the package index owns the name ``verify``: installed later,
it overwrites ours without a word, and uninstalled it takes ours away.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

_MARK = '__distribution__ = "dualgrad"'
_USAGE, _INTERRUPTED = 2, 130
_REPAIR = """To repair it:
  python -m pip uninstall --yes verify
  python -m pip install --force-reinstall --no-deps dualgrad
"""


def main() -> None:
    """Run the command on the arguments of this process, and exit with its code."""
    wrong = complaint(find_spec("verify"))
    if wrong:
        sys.stderr.write(f"verify: {wrong}")
        sys.exit(_USAGE)
    try:
        from verify.command.app import main as run

        code = run()
    except KeyboardInterrupt:  # while the command itself is loaded
        sys.stderr.write("verify: interrupted\n")
        code = _INTERRUPTED
    sys.exit(code)


def complaint(spec: ModuleSpec | None) -> str:
    """What is wrong with the package ``verify`` that would be imported, and what to do; "" where it is ours."""
    if spec is None or spec.origin is None:
        return (
            f"the package 'verify' of dualgrad is gone; uninstalling another distribution may have taken it.\n{_REPAIR}"
        )
    file = Path(spec.origin)
    if file.name == "__init__.py" and _MARK in file.read_text(encoding="utf-8", errors="replace"):
        return ""
    if file.parent == Path(__file__).parent / "verify":
        return f"another distribution has overwritten the package 'verify' of dualgrad ({_others()}).\n{_REPAIR}"
    return (
        f"{file} stands in the way: it is imported in place of dualgrad's package 'verify'.\n"
        "Rename it, or take its folder out of PYTHONPATH.\n"
    )


def _others() -> str:
    from importlib.metadata import packages_distributions

    return (
        ", ".join(sorted(set(packages_distributions().get("verify", ())) - {"dualgrad"})) or "its name is not on record"
    )
