"""``verify certificate``: a certificate replayed by the independent checker."""

from __future__ import annotations

import json
from pathlib import Path

from verify.command.say import say
from verify.run import UsageError
from verify.runs.gate import FAILED, PASSED

_MAKE = "Certificates are written by: verify run TARGET --certificates FOLDER"


def certificate(file: Path | None = None, /) -> int:
    """Replay a certificate with the independent checker.

    Exits with 0 when it is accepted, 1 when it is rejected, and 2 when there is no certificate in the file.

    Parameters
    ----------
    file
        A certificate as JSON, as "verify run TARGET --certificates FOLDER" writes it.
    """
    file = _required(file)
    from verify.proof.certificate import check_file

    accepted, text = check_file(file)
    say(text)
    return PASSED if accepted else FAILED


def _required(file: Path | None) -> Path:
    """The file, where it holds a JSON object that calls itself a certificate."""
    if file is None:
        raise UsageError(f"nothing to check. Name a file, as in: verify certificate FILE. {_MAKE}.")
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder. Name one of the certificates in it.")
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file. {_MAKE}.")
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: this is not JSON: {error}. {_MAKE}.") from error
    if not (isinstance(held, dict) and {"format", "claim"} <= set(held)):
        raise UsageError(f"{file}: this JSON is no certificate: it has no format and no claim. {_MAKE}.")
    return file
