"""What a run writes: FORMAT=PATH, as it was asked for on the command line or in the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from verify.report.formats import FORMATS, of_path, write
from verify.report.trends import Past
from verify.run import UsageError
from verify.runs.reading import meant
from verify.runs.settings import Settings
from verify.runs.suite import Run

TERMINAL = "-"


@dataclass(frozen=True)
class Output:
    """One format, and the file that it goes to; "-" is the standard output."""

    format: str
    path: str


def outputs_of(settings: Settings, json_file: Path | None = None) -> tuple[Output, ...]:
    """Return everything that is to be written; UsageError where one of it cannot be, before anything has run."""
    found = [_parsed(text) for text in settings.output_format]
    found += [Output("html", settings.report)] if settings.report else []
    found += [Output("json", str(json_file))] if json_file is not None else []
    if sum(output.path == TERMINAL for output in found) > 1:
        raise UsageError("--output-format: only one format can go to the terminal. Write the others as FORMAT=PATH.")
    for output in found:
        if output.path != TERMINAL:
            require_writable(Path(output.path))
    return tuple(found)


def _parsed(text: str) -> Output:
    name, equals, path = text.partition("=")
    if name in FORMATS:
        if equals and not path:
            raise UsageError(f"--output-format {text}: a file's name is missing after the equals sign.")
        return Output(name, path or TERMINAL)
    raise UsageError(f"--output-format {text}: there is no format {name!r}.{meant(name, FORMATS)} {_listed()}")


def _listed() -> str:
    return f"Formats: {', '.join(FORMATS)}."


def require_writable(file: Path) -> None:
    """UsageError where a file cannot be written, which is better known before a run than after it."""
    folder = file.absolute().parent
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder. Name a file in it, as {file / 'verify.html'}.")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{file}: cannot be written. Name a file in a folder that exists.")


def require_folder(folder: Path) -> None:
    """Make a folder where missing; UsageError where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: the folder cannot be made: {error.strerror}. Name another.") from error


def format_of(path: str, given: str | None) -> str:
    """Return the format asked for, or the one that a file's name suggests; UsageError where there is none."""
    if given is not None and given not in FORMATS:
        raise UsageError(f"--format {given}: there is no such format.{meant(given, FORMATS)} {_listed()}")
    try:
        return given or (of_path(path) if path != TERMINAL else "full")
    except ValueError as error:
        raise UsageError(f"{error}. Or name one with --format. {_listed()}") from error


def written(
    run: Run, outputs: Sequence[Output], against: Run | None, past: Sequence[Past]
) -> Iterator[tuple[Output, str]]:
    """Write every output that is a file; each comes back with its text."""
    for output in outputs:
        text = write(run, output.format, against=against, past=past)
        if output.path != TERMINAL:
            Path(output.path).write_text(text, encoding="utf-8")
        yield output, text
