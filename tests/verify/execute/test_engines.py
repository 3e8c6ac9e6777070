"""The same suite on a cluster: a worker of it is killed in the run, and every case has its outcome all the same.

Needs dask.distributed, which the extra ``dask`` installs; elsewhere these tests are skipped.
"""

from __future__ import annotations

import json
import os
import signal

import pytest

from verify.execute.suite import collected, entries
from verify.runs.suite import entry_to_json

distributed = pytest.importorskip("distributed", reason="needs dask.distributed: pip install 'dualgrad[dask]'")

CASES = 75  # three batches
LESSON = """
import numpy as np
import verify

for number in range({cases}):
    @verify.case(np.array([1.0, 2.0]), grad=lambda x: 2 * x)
    def told(x, number=number):
        if number % 25:
            raise ValueError(number)
        return np.sum(x**2)
"""


@pytest.fixture
def selected(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lesson.py").write_text(LESSON.format(cases=CASES))
    return collected(["lesson.py"])


@pytest.fixture
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running


def written(found):
    records = [entry_to_json(entry) for entry in sorted(found, key=lambda entry: entry.case)]
    for record in records:
        del record["seconds"], record["peak"], record["result"]["seconds"]
    return json.dumps(records, sort_keys=True)


@pytest.mark.filterwarnings("ignore")  # of the cluster that loses a worker
def test_a_cluster_that_loses_a_worker_gives_what_this_machine_gives(selected, cluster):
    running = entries(selected, engine=f"dask:{cluster.scheduler_address}")
    found = [next(running)]
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    found += running
    assert len(found) == CASES
    assert written(found) == written(entries(selected, jobs=2))
    assert {entry.outcome for entry in found} == {"done"}
    assert sum(entry.result.ok for entry in found) == CASES // 25
