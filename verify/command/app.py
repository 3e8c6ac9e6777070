"""The application: its commands, and what becomes of everything that they raise."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Literal

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnusedCliTokensError

from verify.command import (
    audit,
    baseline,
    certificate,
    doctor,
    explain,
    history,
    init,
    listing,
    merge,
    one,
    report,
    run,
)
from verify.command.say import complain, pour
from verify.command.version import version
from verify.run import NothingCollected, UsageError
from verify.runs.gate import FAILED, FAULT, INTERRUPTED, NOTHING, PASSED, USAGE

_QUIET = Parameter(show_default=False)  # most are empty, and the help of the others names them
_HELP = """Verify gradients: proved, refuted with a counterexample, or undecided with the reason.

Exit codes:
  0    the gate passed
  1    it failed, or a selected case was not run
  2    wrong usage or settings
  3    a fault of verify itself
  5    no case was found
  130  interrupted, with what was done kept
"""


def application() -> App:
    """Return the application with all of its commands."""
    app = App(
        name="verify",
        help=_HELP,
        help_format="plaintext",
        version=version,
        default_parameter=_QUIET,
        suppress_keyboard_interrupt=False,  # main tells of it
    )
    app.command(run.run)
    app.command(one.one)
    app.command(explain.explain)
    app.command(report.report)
    app.command(listing.listing, name="list")
    app.command(history.app)
    app.command(baseline.app)
    app.command(merge.merge)
    app.command(audit.audit)
    app.command(certificate.certificate)
    app.command(init.init)
    app.command(doctor.doctor)
    app.command(completion)
    return app


def completion(shell: Literal["bash", "zsh", "fish", "powershell"], /) -> int:
    """Print the script with which a shell completes this command.

    bash  verify completion bash > ~/.local/share/bash-completion/completions/verify
    zsh   verify completion zsh > _verify, in a folder of $fpath
    fish  verify completion fish > ~/.config/fish/completions/verify.fish

    Parameters
    ----------
    shell
        The shell.
    """
    pour(f"{application().generate_completion(shell=shell)}\n")
    return PASSED


def main(tokens: Sequence[str] | None = None) -> int:
    """Run the command on these arguments, or on those of this process, and return its exit code."""
    try:
        code = application()(tokens, result_action="return_value", exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        complain(_misused(error))
        return USAGE
    except NothingCollected as error:
        complain(str(error))
        return NOTHING
    except UsageError as error:
        complain(str(error))
        return USAGE
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # who read the output, as head does, has seen enough; what was left is not known to pass
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        complain(
            f"this is a fault of verify itself, and says nothing about your code.\n{traceback.format_exc()}{_REPORT}"
        )
        return FAULT
    return code if isinstance(code, int) else PASSED


def _misused(error: CycloptsError) -> str:
    """What is wrong with the words on the command line, and where it is said which are right."""
    said = " ".join(str(error).split())
    if isinstance(error, UnusedCliTokensError):
        said = f"{' '.join(error.unused_tokens or ())}: one argument too many."
    return f"{said} See: {' '.join(['verify', *(error.command_chain or ()), '--help'])}"


_REPORT = "Please report it with the lines above, and with what this prints: verify doctor"
