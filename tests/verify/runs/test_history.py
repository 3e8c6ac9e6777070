import sqlite3
import zlib
from dataclasses import replace

import pytest

from verify.run import UsageError
from verify.runs import history
from verify.runs.suite import Entry, Run
from verify.verdict import Expression, Formula, Numbers, Result, Row, Verdict

CERTIFICATE = {"format": 1, "claim": "∂", "steps": [{"rule": "delta"}]}


def entry(case="a.py::f", certificate=CERTIFICATE, ulps=0.5):
    written = (Expression("2 x", "2 x", proved=True),)
    formula = Formula(Verdict.PROVED, sizes="every n >= 1", written=written, certificate=certificate)
    result = Result(Verdict.PROVED, formula, Numbers("ok", ulps=ulps), program=(Row("z", "add", "()", "1"),))
    return Entry(case, result, seconds=0.5, peak=7)


def run(*entries, started="2026-11-23T12:00:00+00:00", **more):
    given = {"title": "a.py", "settings": {"seed": 1, "loosened": [{"reason": "r"}]}, "environment": {"numpy": "2"}}
    return Run(entries or (entry(),), started=started, commit="abc", **(given | more))


@pytest.fixture
def place(tmp_path):
    return tmp_path / ".verify" / "history.sqlite"


def test_a_run_comes_back_whole(place):
    before = run(entry(), entry("b.py::g", None, float("inf")), interrupted=True)
    with history.opened(place) as connection:
        number = history.add(connection, before, green=True)
    with history.opened(place) as connection:
        after = history.load(connection, number)
    assert after == before
    assert (after.environment, after.started) == (before.environment, before.started)
    assert [(each.seconds, each.peak) for each in after.entries] == [(0.5, 7), (0.5, 7)]
    assert after.entries[0].result.formula.certificate == CERTIFICATE
    assert after.entries[0].result.formula.expression == "2 x"


def test_one_run_is_on_record_once_and_a_certificate_too(place):
    with history.opened(place) as connection:
        first = history.add(connection, run(), green=True)
        assert history.add(connection, run(), green=True) == first
        assert history.add(connection, run(started="2026-11-24"), green=True) != first
        assert connection.execute("SELECT count(*) FROM certificate").fetchone() == (1,)


def test_a_run_is_put_on_record_whole_or_not_at_all(place):
    with history.opened(place) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            history.add(connection, run(entry(), entry()), green=True)  # one id twice
        assert history.summaries(connection) == ()


def test_the_newest_and_the_green_one_are_found(place):
    with history.opened(place) as connection:
        assert history.newest(connection) is None
        for number, (green, title) in enumerate([(True, "a"), (True, "b"), (False, "a")], 1):
            assert history.add(connection, run(started=str(number), title=title), green) == number
        assert history.newest(connection) == 3
        assert history.newest(connection, green=True) == 2
        assert history.newest(connection, green=True, title="a") == 1
        assert [each.id for each in history.summaries(connection, 2)] == [2, 3]
        assert history.summaries(connection)[0].counts == {"PROVED": 1}


def test_pruning_keeps_the_newest_and_the_newest_green_one_and_drops_what_only_others_had(place):
    with history.opened(place) as connection:
        for number in range(1, 6):
            history.add(connection, run(entry(certificate={"n": number}), started=str(number)), green=number <= 2)
        assert history.prune(connection, 1) == [1, 3, 4]
        assert [each.id for each in history.summaries(connection)] == [2, 5]
        assert connection.execute("SELECT count(*) FROM certificate").fetchone() == (2,)
        assert history.load(connection, 2).entries[0].result.formula.certificate == {"n": 2}
        assert connection.execute("SELECT count(*) FROM env").fetchone() == (2,)


def test_two_processes_can_write_at_once(place):
    with history.opened(place) as one, history.opened(place) as other:
        history.add(one, run(started="1"), green=True)
        history.add(other, run(started="2"), green=True)
        assert len(history.summaries(one)) == 2


def test_the_folder_keeps_itself_out_of_version_control(place):
    with history.opened(place):
        pass
    assert (place.parent / ".gitignore").read_text() == "*\n"


def test_a_file_of_a_later_version_is_left_alone(place):
    with history.opened(place) as connection:
        connection.execute(f"PRAGMA user_version = {history.VERSION + 1}")
    with (
        pytest.raises(UsageError, match="this history is of version 2, and this dualgrad reads up to 1"),
        history.opened(place),
    ):
        pass


def test_every_version_has_a_step_that_leads_to_it():
    assert len(history._MIGRATIONS) == history.VERSION


def test_what_is_no_history_is_told(tmp_path):
    path = tmp_path / "history.sqlite"
    path.write_text("this is no database, and long enough to be taken for one" * 20)
    with pytest.raises(UsageError, match="the history cannot be used: file is not a database"), history.opened(path):
        pass


def test_a_run_that_is_not_there_is_told(place):
    with history.opened(place) as connection, pytest.raises(UsageError, match="there is no run 4 on record"):
        history.load(connection, 4)


def test_a_later_measurement_is_another_run_only_where_something_differs(place):
    with history.opened(place) as connection:
        first = history.add(connection, run(), green=True)
        other = replace(run(), entries=(entry("b.py::g"),))
        assert history.add(connection, other, green=True) != first


def test_a_run_of_another_version_is_told_and_no_fault(place):
    with history.opened(place) as connection:
        history.add(connection, run(), green=True)
        connection.execute("UPDATE result SET record = ?", (zlib.compress(b'{"case": "f", "outcome": "lost"}'),))
        with pytest.raises(UsageError, match="run 1 cannot be read by this version of dualgrad"):
            history.load(connection, 1)
