"""The pytest plugin of dualgrad: a fixture that checks gradients, cases as tests, reports.

It lies beside the packages so that pytest, which loads it for every run on the machine, imports neither of them nor
anything that they need until a test asks for a gradient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verify.case import Case
    from verify.plugin import Recorder
    from verify.verdict import Result

_CARRIED = "verify_records"  # the attribute of a report
_WORST = 10  # cases in the terminal's summary
_SUFFIXES = (".html", ".md", ".json", ".jsonl", ".sarif", ".xml", ".txt")
_RECORDS = pytest.StashKey[list[str]]()
_RECORDER = pytest.StashKey["Recorder"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switches, each of which begins with --verify."""
    group = parser.getgroup("verify", "gradients, by dualgrad")
    group.addoption(
        "--verify-report",
        action="append",
        default=[],
        metavar="PATH",
        help=f"write what was checked to a file, by its ending: {', '.join(_SUFFIXES)}; may be given again",
    )
    group.addoption(
        "--verify-baseline",
        default="",
        metavar="PATH",
        help="accept what this baseline accepts, and fail where certainty is lost against it",
    )
    group.addoption("--verify-seed", type=int, default=0, metavar="N", help="seed random and numpy.random for a check")
    group.addoption("--verify-cases", action="store_true", help="collect the functions under verify.case as tests")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse what could not be written or run at the end."""
    config.addinivalue_line(
        "markers", "gradient(**options): options of verify.check for every verify_gradient of the test"
    )
    config.stash[_RECORDS] = []
    if not hasattr(config, "workerinput"):  # a worker of a distributed run sends its reports to who keeps them
        config.pluginmanager.register(_Keeper(config.stash[_RECORDS]), "dualgrad-keeper")
    for path in config.getoption("--verify-report"):
        if not path.endswith(_SUFFIXES):
            raise pytest.UsageError(f"--verify-report={path}: expected a name ending in one of {', '.join(_SUFFIXES)}")
    baseline = config.getoption("--verify-baseline")
    if baseline and not _place(config, baseline).is_file():
        raise pytest.UsageError(f"--verify-baseline={baseline}: there is no such file")
    if _is_used(config):
        _require_our_package()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the version and the seed, where a switch of the plugin is given."""
    if not _is_used(config):
        return None
    from dualgrad._version import __version__

    return f"dualgrad {__version__}, --verify-seed={config.getoption('--verify-seed')}"


@pytest.fixture
def verify_gradient(request: pytest.FixtureRequest) -> Callable[..., Result]:
    """Check a gradient as ``verify.check(f, *at, grad=g)`` does, and fail the test where the result is not ok.

    Options of the marker ``gradient`` come before those of the call. The result comes back, so that a test may ask
    for more: ``assert verify_gradient(f, x, grad=g).verdict is Verdict.PROVED``.
    """
    recorder = _recorder(request.node)

    def verified(f: Callable[..., Any], *at: Any, **as_in_check: Any) -> Result:
        __tracebackhide__ = True
        try:
            result, complaint = recorder.gradient(f, *at, **as_in_check)
        except (TypeError, ValueError) as error:  # of how the check is called, and nothing of it is inside
            raise error.with_traceback(None) from None
        if complaint:
            pytest.fail(complaint, pytrace=False)
        return result

    return verified


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect a Python file that registers cases, where they are asked for."""
    if file_path.suffix != ".py" or not parent.config.getoption("--verify-cases"):
        return None
    if not re.search(rb"\bverify\b.*\bcase\b", file_path.read_bytes()):
        return None
    found: CaseFile = CaseFile.from_parent(parent, path=file_path)
    return found


class CaseFile(pytest.File):
    """A Python file with functions under verify.case."""

    def collect(self) -> Iterable[CaseItem]:
        """Import the file and yield its cases as tests."""
        from verify.run import NothingCollected, UsageError, collect

        try:
            cases = collect(str(self.path))
        except NothingCollected:
            return
        except UsageError as error:
            raise self.CollectError(str(error)) from error
        for case in cases:
            yield CaseItem.from_parent(self, name=case.key, case=case)


class CaseItem(pytest.Item):
    """One registered case as a test."""

    def __init__(self, *, case: Case, **given: Any) -> None:
        super().__init__(**given)
        self.case = case

    def runtest(self) -> None:
        """Check the case, and fail where its result is not ok."""
        from verify.run import UsageError

        try:
            complaint = _recorder(self).case(self.case)[1]
        except UsageError as error:
            complaint = str(error)
        if complaint:
            pytest.fail(complaint, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the case is registered."""
        return self.path, self.case.line - 1, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send what a test checked along with its report, which is how it reaches the process that writes files."""
    report = yield
    recorder = item.stash.get(_RECORDER, None)
    if recorder is not None:
        setattr(report, _CARRIED, recorder.unsent())
        if report.when == "call":
            item.user_properties += recorder.properties  # JUnit files take them from the report on the teardown
    return report


class _Keeper:
    """Takes the records off the reports of all tests, wherever they ran."""

    def __init__(self, records: list[str]) -> None:
        self.records = records

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the records of one report."""
        self.records += getattr(report, _CARRIED, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports."""
    config, paths = session.config, session.config.getoption("--verify-report")
    if paths and not hasattr(config, "workerinput") and not config.getoption("collectonly"):
        from verify.plugin import run_of, written

        records: list[str] = config.stash[_RECORDS]
        written(run_of(records, config.rootpath.name), [_place(config, path) for path in paths])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell the worst of what was checked, and where the reports are."""
    records: list[str] = config.stash[_RECORDS]
    if not records:
        return
    from verify.plugin import run_of, worst

    terminalreporter.section("gradients")
    for row in worst(run_of(records, config.rootpath.name), _WORST):
        terminalreporter.write_line(row)
    for path in config.getoption("--verify-report"):
        terminalreporter.write_line(f"report: {path}")


def _place(config: pytest.Config, path: str) -> Path:
    """A path as it was given, from where pytest was started, wherever tests have gone since."""
    return config.invocation_params.dir / path


def _is_used(config: pytest.Config) -> bool:
    given = (config.getoption(f"--verify-{name}") for name in ("report", "baseline", "seed", "cases"))
    return any(given)


def _require_our_package() -> None:
    """Another distribution owns the name of the package, and would otherwise be met with a riddle."""
    from importlib.util import find_spec

    from _dualgrad_entry import complaint

    wrong = complaint(find_spec("verify"))
    if wrong:
        raise pytest.UsageError(wrong)


def _recorder(item: pytest.Item) -> Recorder:
    """The recorder of a test, made when it is first asked for."""
    if _RECORDER not in item.stash:
        _require_our_package()
        from verify.plugin import Recorder, baseline_of, seeded
        from verify.run import UsageError

        config = item.config
        options: dict[str, Any] = {}
        for marker in reversed(list(item.iter_markers("gradient"))):
            if marker.args:
                raise pytest.UsageError(f"{item.nodeid}: the marker gradient takes options by name, got {marker.args}")
            options |= marker.kwargs
        try:
            given = config.getoption("--verify-baseline")
            baseline = baseline_of(_place(config, given) if given else None)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
        seed = config.getoption("--verify-seed")
        seeded(seed, item.nodeid)
        item.stash[_RECORDER] = Recorder(
            test=item.nodeid,
            options=options,
            baseline=baseline,
            whole=bool(config.getoption("--verify-report")),
            again=_again(item, seed),
        )
    return item.stash[_RECORDER]


def _again(item: pytest.Item, seed: int) -> str:
    """The command that runs this test alone, as a shell takes it."""
    import shlex

    switches = ["--verify-cases"] * isinstance(item, CaseItem) + [f"--verify-seed={seed}"] * bool(seed)
    return shlex.join(["pytest", *switches, item.nodeid])
