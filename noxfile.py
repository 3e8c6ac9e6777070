#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2025.2.9"]
# ///
"""Tasks: ``nox`` runs the linters and the tests, ``nox -s docs`` builds the site, ``nox -l`` lists all."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the tests on the installed package."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def foreign(session: nox.Session) -> None:
    """Run the tests of other projects against this one."""
    session.install(".[test]")
    session.run("pytest", "-m", "foreign", env={"DUALGRAD_FOREIGN": "required"})


@nox.session
def lint(session: nox.Session) -> None:
    """Run the linters and the type checker."""
    session.install(".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site, with every notebook executed; a warning fails."""
    session.install(".[docs]")
    session.run("sphinx-build", "-W", "-q", "docs", "build/docs")


@nox.session(default=False)
def reports(session: nox.Session) -> None:
    """Write the committed reports anew."""
    session.install(".")
    session.run("python", "reports/regenerate.py")


@nox.session(default=False)
def base(session: nox.Session) -> None:
    """Measure what a verdict rests on: by default the lines and branches that tests reach; see reports/base."""
    session.install("-e", ".[test]")
    session.run("python", "reports/base", *(session.posargs or ["coverage"]))


if __name__ == "__main__":
    nox.main()
