"""A page of 5,000 cases in headless Chromium: nothing on its console, which also names every request that it makes."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import verify
from verify.report.formats import write
from verify.report.trends import past_of
from verify.runs.suite import Entry, Run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NAMES = [
    "<script>alert(1)</script>",
    "<img src=//example.org/x.png onerror=alert(1)>",
    "</style><style>@import '//a.b'",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def page():
    x = np.array([0.3, 1.2, -2.0])
    wrong = verify.check(np.sin, x, grad=lambda x: 2 * np.cos(x)).explained()
    right = replace(verify.check(np.sin, x, grad=np.cos).explained(), explain=None)
    entries = [Entry(f"pkg/f{n % 90}.py::case{n}", wrong if n % 25 == 0 else right, seconds=0.1) for n in range(5000)]
    entries += [Entry(f"pkg/f.py::{name}", replace(wrong, name=name, asked=name)) for name in NAMES]
    run = Run(tuple(entries), NAMES[0], started="2026-11-23T12:00:00Z")
    return write(run, "html", against=Run(run.entries[1:]), past=[past_of(run)] * 3)


def console(page, folder, *switches):
    """What Chromium writes to the console of a page, and the bytes of its screenshot."""
    file, shot = folder / "page.html", folder / "shot.png"
    file.write_text(page, encoding="utf-8")
    quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}",
    ]
    offline = ["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]
    done = subprocess.run(
        [CHROMIUM, *quiet, *offline, *switches, "--window-size=1200,2400", f"--screenshot={shot}", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [row for row in done.stderr.splitlines() if "CONSOLE" in row], shot.read_bytes()


@pytest.mark.parametrize("switches", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
def test_the_page_opens_without_a_word_on_the_console(page, tmp_path, switches):
    said, shot = console(page, tmp_path, *switches)
    assert said == []
    assert len(shot) > 50_000  # a blank page has a few


def test_what_is_not_allowed_would_be_on_the_console(tmp_path):
    planted = "<main><script>1</script><img src='http://example.invalid/x.png'>"
    said, _ = console(write(Run(()), "html").replace("<main>", planted), tmp_path)
    assert len([row for row in said if "Content Security Policy" in row]) == 2


def test_five_thousand_cases_are_a_file_that_can_be_sent(page):
    assert len(page.encode()) < 5_000_000
