"""Break every derivative rule a little, one at a time, and see that the verifier refutes what comes of it.

``python reports/sabotage.py`` does it for every rule of every op and writes sabotage.json into this folder;
``sabotage.py NAME ...`` does it for some ops and writes nothing; ``sabotage.py --resume FILE`` notes every outcome in
FILE at once and goes on from what stands there. A rule's result is wrong by a relative 1e-9 in one
branch: where it is above 0, and then, in another build, where it is below. A branch that no sample reaches is said.
The check is ``verify.check`` of the engine's own gradient, at its defaults.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import dualgrad as dg
import verify
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Op, Over, bind
from verify.lemma.book import forget

HERE = Path(__file__).resolve().parent
ERROR = 1e-9
LARGEST = 12  # elements of all arguments of a sample
TRIED = 4  # samples of an op, until one is refuted

Array = np.ndarray[Any, Any]


def rules(op: Op) -> list[tuple[str, int]]:
    """The derivative rules of an op that reverse mode uses: what they are called, and the slot."""
    named = [("partials", slot) for slot, rule in enumerate(op.partials) if rule is not None]
    named += [("vjp", slot) for slot, rule in enumerate(op.vjp) if rule is not None]
    return named + ([("each", 0)] if op.each is not None else [])


class Branch:
    """Where a rule's result is wrong: above 0 or below; and whether a run on numbers was ever there."""

    def __init__(self, sign: int) -> None:
        self.sign, self.reached = sign, False

    def changed(self, result: Any) -> Any:
        """The result with the error in the branch."""
        if isinstance(result, Over):
            result = 1 / result.value
        there = np.real(result) > 0 if self.sign > 0 else np.real(result) < 0
        if isinstance(result, (np.ndarray, float)):
            self.reached = self.reached or bool(np.any(there))
        return result * np.where(there, 1 + ERROR, 1.0)


@contextmanager
def broken(op: Op, kind: str, slot: int, branch: Branch) -> Iterator[None]:
    """The op with one rule a little wrong."""
    whole = getattr(op, kind)
    if kind == "each":
        wrong: Any = partial(_first_off, branch, whole)
    else:
        wrong = tuple(_off(branch, rule) if place == slot else rule for place, rule in enumerate(whole))
    forget()
    object.__setattr__(op, kind, wrong)
    try:
        yield
    finally:
        object.__setattr__(op, kind, whole)
        forget()


def _off(branch: Branch, rule: Callable[..., Any] | int) -> Callable[..., Any]:
    if callable(rule):
        return lambda *given, **params: branch.changed(rule(*given, **params))
    return lambda y, *inputs, **params: branch.changed(y * 0.0 + rule)


def _first_off(branch: Branch, whole: Callable[..., Any], *given: Any) -> list[Any]:
    found = list(whole(*given))
    first = next(place for place, part in enumerate(found) if part is not None)
    found[first] = branch.changed(found[first])
    return found


def outcome(op: Op, kind: str, slot: int, sign: int) -> str:
    """The verdict on the engine's gradient with that rule broken: REFUTED, or that on the last sample."""
    found = "not reached"
    for number, (f, arrays) in enumerate(_functions(op, kind, slot)):
        if number == TRIED:
            break
        branch = Branch(sign)
        with broken(op, kind, slot, branch):
            _run(f, _around(op, arrays))
            reached = branch.reached
            result = verify.check(f, *arrays, wrt=tuple(range(len(arrays))))
        if result.verdict.name == "REFUTED":
            return "REFUTED"
        found = result.verdict.name if reached else found
    return found


def _around(op: Op, arrays: list[Array]) -> list[list[Array]]:
    """A sample and other points of the op's domain: larger, and of the other sign where every sign is in it."""
    larger = [array * 3 for array in arrays]
    return [arrays, larger] if op.domain else [arrays, larger, [-array for array in arrays]]


def _run(f: Callable[..., Any], points: list[list[Array]]) -> None:
    """The gradient where f has a value, for what is noted on the way."""
    for arrays in points:
        tensors = [dg.Tensor(array, requires_grad=True) for array in arrays]
        with np.errstate(all="ignore"), suppress(TypeError, ValueError, RuntimeError, np.linalg.LinAlgError):
            if np.isfinite(f(*arrays)).all():
                f(*tensors).backward()


def _functions(op: Op, kind: str, slot: int) -> Iterator[tuple[Callable[..., Any], list[Array]]]:
    """Functions that apply the op to samples, with the operand of the rule among their arguments."""
    for sample in op.samples(np.random.default_rng(0)) if op.samples is not None else ():
        call = op.call(*sample.args, **sample.kwargs)
        floats = [i for i, x in enumerate(call.inputs) if np.asarray(x).dtype.kind == "f" and _has_rule(op, i)]
        arrays = [np.asarray(call.inputs[i], dtype=float) for i in floats]
        total = sum(array.size for array in arrays)
        if not floats or not 1 < total <= LARGEST or (kind != "each" and not op.variadic and slot not in floats):
            continue
        result = np.asarray(op.forward(*call.inputs, **call.params))
        rng = np.random.default_rng(2)
        weights = rng.uniform(0.5, 1.5, result.shape)
        if result.dtype.kind == "c":
            weights = weights + 1j * rng.uniform(0.5, 1.5, result.shape)
        yield partial(_applied, op, tuple(call.inputs), tuple(floats), call.params, weights), arrays


def _has_rule(op: Op, slot: int) -> bool:
    """Whether an op can be differentiated by an operand."""
    given = op.partials or op.vjp
    return op.variadic or not given or (given[slot] is not None and not isinstance(given[slot], Unread))


def _applied(op: Op, inputs: tuple[Any, ...], floats: tuple[int, ...], params: Any, weights: Array, *given: Any) -> Any:
    operands = list(inputs)
    for place, value in zip(floats, given, strict=True):
        operands[place] = value
    return np.real((bind(op, operands, params) * weights).sum())


def main(arguments: Sequence[str]) -> int:
    """Break all rules, print those that were not refuted, write the figures; the exit code is 1 where one passed."""
    noted = Path(arguments[1]) if arguments[:1] == ["--resume"] else None
    names = arguments if noted is None else ()
    found: dict[str, str] = _noted(noted)
    chosen = sorted({op.name: op for op in REGISTRY.values()}.items())
    for name, op in chosen:
        for kind, slot in rules(op) if not names or name in names else ():
            for sign, side in ((1, "above"), (-1, "below")):
                rule = f"{name}.{kind}[{slot}] {side} 0"
                if rule not in found:
                    found[rule] = outcome(op, kind, slot, sign)
                    _note(noted, rule, found[rule])
    passed = {rule: verdict for rule, verdict in found.items() if verdict in ("PROVED", "CERTIFIED", "AGREES")}
    refuted = sum(verdict == "REFUTED" for verdict in found.values())
    idle = sum(verdict == "not reached" for verdict in found.values())
    for rule, verdict in found.items():
        if verdict not in ("REFUTED", "not reached"):
            print(f"{rule}: {verdict}")
    print(f"{refuted} of {len(found) - idle} broken rules refuted, {len(passed)} passed; {idle} branches not reached")
    if not names:
        rest = {rule: verdict for rule, verdict in found.items() if verdict != "REFUTED"}
        record = {
            "relative error": ERROR,
            "rules broken in a branch that is reached": len(found) - idle,
            "refuted": refuted,
            "passed": len(passed),
            "others": rest,
        }
        (HERE / "sabotage.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 1 if passed else 0


def _noted(file: Path | None) -> dict[str, str]:
    """The outcomes that stand in a file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file is not None and file.exists() else []
    return dict(line.rsplit(": ", 1) for line in lines if ": " in line)


def _note(file: Path | None, rule: str, outcome: str) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as out:
            out.write(f"{rule}: {outcome}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
