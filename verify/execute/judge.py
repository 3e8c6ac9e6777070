"""What a worker says it found, judged where no code of a target ran: read, held against the rule, proofs checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from verify import checker
from verify.check import together, undecided
from verify.runs.wire import from_json
from verify.verdict import PASSES, Result, Verdict


def judged(record: Mapping[str, Any]) -> Result:
    """The result that a record says, or UNDECIDED with what is wrong with it; ``ValueError`` where it is none.

    A verdict counts where it follows from the formula's, the numbers and the kinks, and a proof where its certificate
    is accepted here.
    """
    result = from_json(record)
    found = next(_objections(result), "")
    if not found:
        return result
    reason = f"what was recorded does not hold: {found}"
    return replace(undecided(reason), name=result.name, source=result.source, asked=result.asked, kind=result.kind)


def _objections(result: Result) -> Iterator[str]:
    for part in result.parts or (result,):
        yield from _to_one(part)
    if result.parts and together(result.parts).verdict is not result.verdict:
        yield f"its verdict is {result.verdict} and that of its weakest part {together(result.parts).verdict}"


def _to_one(result: Result) -> Iterator[str]:
    verdict, formula, on_kink = result.verdict, result.formula, any(kink.at_input for kink in result.kinks)
    if verdict in PASSES:
        if verdict is not formula.verdict:
            yield f"its verdict is {verdict} and that of its formula {formula.verdict}"
        if result.numbers.status == "wrong":
            yield f"its verdict is {verdict} and its numbers are wrong"
        if result.counterexample is not None:
            yield f"its verdict is {verdict} and it has a counterexample"
        if on_kink:
            yield f"its verdict is {verdict} and the input lies on a kink"
    if verdict is Verdict.NONDIFFERENTIABLE and not on_kink:
        yield "it calls the input a kink and names none"
    if formula.verdict is Verdict.PROVED:
        yield from _to_proof(formula.certificate)


def _to_proof(certificate: Mapping[str, Any] | None) -> Iterator[str]:
    if certificate is None:
        yield "it says PROVED and has no certificate"
    else:
        report = checker.check(certificate)
        if not report.accepted:
            yield f"its certificate is rejected: {report.reason}"
        hints = certificate.get("hints")
        if isinstance(hints, Mapping) and "rests_on" in hints:
            yield from _to_proof(hints["rests_on"])
