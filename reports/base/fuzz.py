"""Coverage-guided fuzzing of readers and writers: ``python reports/base fuzz TARGET --seconds N``.

It needs atheris, which dualgrad does not. What a target raises is kept once for each place that raised it, with the
bytes that repeat it, in reports/trust/base/fuzz.json beside how long it ran; the inputs that reached something new are
kept in a folder, so that the next run goes on from them.
"""

from __future__ import annotations

import json
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

Json = dict[str, Any]
LONG = 20.0  # seconds of one input: a finding
LARGEST = 400  # bytes of an input


class Findings:
    """What a run of one target came to."""

    def __init__(self) -> None:
        self.said: Counter[str] = Counter()
        self.found: dict[str, Json] = {}

    def tried(self, target: Any, data: bytes) -> None:
        """Feed a target; keep what it raises."""
        began = time.process_time()
        try:
            self.said[target(data)] += 1
        except Exception as error:
            self.said["raised"] += 1
            self._keep(error, data)
        if time.process_time() - began > LONG:
            self.found.setdefault("long", {"error": f"more than {LONG:g} seconds", "bytes": data.hex(), "n": 0})

    def _keep(self, error: Exception, data: bytes) -> None:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/reports/base/" not in f.filename]
        at = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {at.name} ({Path(at.filename).name}): {at.line}"
        known = self.found.setdefault(place, {"error": f"{error!s:.200}", "bytes": data.hex(), "n": 0})
        known["n"] += 1
        if 2 * len(data) < len(known["bytes"]):
            known["bytes"] = data.hex()


def quick(name: str, number: int, seed: int) -> Findings:
    """Random bytes without a guide."""
    from targets import TARGETS

    rng, findings = random.Random(f"{seed}/{name}"), Findings()
    for _ in range(number):
        findings.tried(TARGETS[name], rng.randbytes(rng.randrange(rng.choice([8, 24, 80]))))
    return findings


def run(name: str, seconds: int, seed: int, file: Path, corpus: Path) -> None:
    """Fuzz one target for so long, guided by what it reaches; libFuzzer ends the process, so what was found is kept."""
    import atheris

    with atheris.instrument_imports(include=["verify"]):
        from targets import TARGETS
    findings, state = Findings(), {"saved": time.monotonic(), "spent": time.process_time()}

    def save() -> None:
        known: Json = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        of = known.setdefault(name, {"seconds": 0.0, "counts": {}, "found": {}})
        now = time.process_time()
        of["seconds"] = round(of["seconds"] + now - state["spent"], 1)
        of["counts"] = dict(sorted((Counter(of["counts"]) + findings.said).items()))
        for place, kept in findings.found.items():
            before = of["found"].setdefault(place, {**kept, "n": 0})
            before["n"] += kept["n"]
            kept["n"] = 0
        file.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        findings.said.clear()
        state.update(saved=time.monotonic(), spent=now)

    def one(data: bytes) -> None:
        findings.tried(TARGETS[name], data)
        if time.monotonic() - state["saved"] > 5:
            save()

    (corpus / name).mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-timeout=120", "-rss_limit_mb=4096"]
    limits += [f"-seed={seed % 2**31}", "-verbosity=0", f"-artifact_prefix={corpus / name}-"]
    atheris.Setup([sys.argv[0], *limits, str(corpus / name)], one)
    atheris.Fuzz()
