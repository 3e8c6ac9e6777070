"""The command ``verify``. Exit codes: 0 every result is ok, 1 one is not, 2 wrong usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

import verify

if TYPE_CHECKING:
    from verify.case import Case
    from verify.verdict import Result

OK, NOT_OK, USAGE = 0, 1, 2
_OVERWRITTEN = (
    "verify: another distribution has overwritten the package 'verify' of dualgrad. To repair it:\n"
    "  python -m pip uninstall --yes verify\n"
    "  python -m pip install --force-reinstall --no-deps dualgrad"
)


def _version() -> str:
    from dualgrad._version import __version__

    return f"dualgrad {__version__}"


app = App(
    name="verify",
    help="Verify gradients: proved, refuted with a counterexample, or undecided with the reason.",
    version=_version,
)


def main() -> None:
    """Run the command on the arguments of this process, and exit with its code."""
    if getattr(verify, "__distribution__", "") != "dualgrad":
        sys.exit(_complain(_OVERWRITTEN))
    app()


@app.command
def run(
    *targets: str,
    report: Path | None = None,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    certificates: Path | None = None,
    budget: float = 600.0,
) -> int:
    """Check every case of the targets, and exit with 0 when all are ok.

    Parameters
    ----------
    targets
        Files, modules, or one function of either: notebook.py, package.module, package.module:function.
    report
        Write a self-contained HTML page to this file.
    json_file
        Write the claims, and everything measured, to this file.
    certificates
        Write the certificate of every proof into this folder, for "verify certificate"; it is made where missing.
    budget
        Seconds for the whole run; cases that it leaves out are UNDECIDED.
    """
    from verify.run import UsageError

    try:
        _require_folders(report, json_file)
        _require_folder(certificates)
        results = _results(_cases(targets), budget)
    except UsageError as error:
        return _complain(f"verify: {error}")
    _write(results, ", ".join(targets), report, json_file, certificates)
    return OK if all(result.ok for result in results) else NOT_OK


@app.command
def certificate(file: Path | None = None, /) -> int:
    """Replay a certificate with the independent checker.

    Exits with 0 when it is accepted, 1 when it is rejected, and 2 when there is no certificate in the file.

    Parameters
    ----------
    file
        A certificate as JSON, as "verify run TARGET --certificates FOLDER" writes it.
    """
    from verify.run import UsageError

    try:
        file = _require_certificate(file)
    except UsageError as error:
        return _complain(f"verify: {error}")
    from verify.certificate import check_file
    from verify.report.terminal import console
    from verify.report.text import printable

    accepted, text = check_file(file)
    console().print(printable(text))
    return OK if accepted else NOT_OK


@app.command
def audit(target: str = "dualgrad", /, *, json_file: Annotated[Path | None, Parameter(name="--json")] = None) -> int:
    """List every op with the proof status of its rules, and exit with 0 when all is as expected.

    Expected is that every op is proved whose meaning can be read, but for those that are known not to be.

    Parameters
    ----------
    target
        "dualgrad" for all of its ops, or a module or file that declares ops of its own.
    json_file
        Write the table to this file.
    """
    from verify.audit import audit as rows_of
    from verify.audit import counted, document, ops_of
    from verify.report.record import written
    from verify.report.terminal import console
    from verify.report.text import printable
    from verify.run import UsageError

    try:
        _require_folders(json_file)
        ops = ops_of(target)
    except (UsageError, ImportError) as error:
        return _complain(f"verify: {target}: {error}")
    out, rows = console(), []
    for row in rows_of(ops):
        rows.append(row)
        out.print(printable(f"{row.verdict:10} {row.op:20} {row.kind:12} {row.sizes:14} {row.blocked}".rstrip()))
    out.print(counted(rows))
    if json_file is not None:
        json_file.write_text(written(document(rows)), encoding="utf-8")
    return OK if rows and all(row.expected for row in rows) else NOT_OK


def _cases(targets: Sequence[str]) -> list[Case]:
    from verify.run import UsageError, collect

    if not targets:
        raise UsageError("nothing to run. Name a target, as in: verify run examples/notebook.py")
    return [case for target in targets for case in collect(target)]


def _results(cases: Sequence[Case], budget: float) -> list[Result]:
    from verify.report.terminal import console, told
    from verify.run import run as run_cases

    out, results = console(), []
    width = max(len(case.title) for case in cases)
    for result in run_cases(cases, verify.check, budget):
        out.print(told(result, width))
        results.append(result)
    return results


def _write(
    results: Sequence[Result], title: str, report: Path | None, json_file: Path | None, certificates: Path | None
) -> None:
    from verify.report.overview import summary
    from verify.report.page import page
    from verify.report.record import document, environment, write_certificates, written
    from verify.report.terminal import console

    out = console()
    out.print(summary(results))
    if report is not None:
        report.write_text(page(results, title, environment()), encoding="utf-8")
        out.print(f"report: {report}")
    if json_file is not None:
        json_file.write_text(written(document(results)), encoding="utf-8")
        out.print(f"json: {json_file}")
    if certificates is not None:
        for path in write_certificates(results, certificates):
            out.print(f"certificate: {path}")


def _require_folders(*files: Path | None) -> None:
    from verify.run import UsageError

    for file in files:
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise UsageError(f"{file}: cannot be written. Name a file in a folder that exists.")


def _require_folder(folder: Path | None) -> None:
    from verify.run import UsageError

    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: the folder cannot be made: {error.strerror}. Name another.") from error


def _require_certificate(file: Path | None) -> Path:
    """The file, where it holds a JSON object that calls itself a certificate."""
    from verify.run import UsageError

    make = "Certificates are written by: verify run TARGET --certificates FOLDER"
    if file is None:
        raise UsageError(f"nothing to check. Name a file, as in: verify certificate FILE. {make}.")
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder. Name one of the certificates in it.")
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file. {make}.")
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: this is not JSON: {error}. {make}.") from error
    if not (isinstance(held, dict) and {"format", "claim"} <= set(held)):
        raise UsageError(f"{file}: this JSON is no certificate: it has no format and no claim. {make}.")
    return file


def _complain(message: str) -> int:
    from verify.report.terminal import console
    from verify.report.text import printable

    console(error=True).print(printable(message))
    return USAGE
