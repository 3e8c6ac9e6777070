import pytest

from verify.runs.suite import Entry, Run
from verify.verdict import (
    Comparison,
    Counterexample,
    Curve,
    Element,
    Expression,
    Extent,
    Formula,
    Kink,
    Numbers,
    Result,
    Row,
    Series,
    Step,
    Verdict,
)


@pytest.fixture
def result_of():
    """A result with a text in every place that can come from outside."""
    return _result


@pytest.fixture
def run_with():
    """A run of one entry of each verdict and outcome, with a text in every place that can come from outside."""

    def made(text):
        entries = [
            Entry(f"{text}::{verdict.value}", _result(text, verdict), "done" if number else "timeout", 0.5, 1)
            for number, verdict in enumerate(Verdict)
        ]
        entries.append(Entry(f"{text}::memory", _result(text, Verdict.UNDECIDED), "memory"))
        entries.append(Entry(text, _result(text, Verdict.REFUTED)))
        settings = {text or "name": text, "override": [{"match": text, "reason": text}]}
        return Run(tuple(entries), text, settings, {text or "name": text}, text, text)

    return made


def _result(text, verdict=Verdict.REFUTED):
    compared = Comparison(
        text, text, (2,), (Element((0,), 1.0, 2.0, 0.5), Element((1,), 1.5, 3.0, 0.5)), (Extent(text, 2),)
    )
    return Result(
        verdict=verdict,
        formula=Formula(
            verdict, text, text, (text,), (text,), (Expression(text, "x", matrix=text),), {text: [text]}, text
        ),
        numbers=Numbers("lost", 1.0, 1.0, text, text, text, 1, 1, text),
        kinks=(Kink(text, True, text, text, text, False, text),),
        hygiene=(text,),
        counterexample=Counterexample((text,), text, text, text, text, text, text),
        reason=text,
        name=text,
        source=text,
        notes=(text,),
        program=(Row(text, text, text, text, "", text), Row("y", text, text, text, "", text)),
        derivation=(Step(text, "x"),),
        value=text,
        engine=text,
        asked=text,
        comparison=compared,
        curves=(
            Curve(text, text, text, (Series(text, (1.0, 10.0, 100.0), (1.0, 2.0, 0.0)),), (Series(text, (1.0,), ()),)),
        ),
    )
