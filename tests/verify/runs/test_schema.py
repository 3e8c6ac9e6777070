import json

import pytest

from verify.runs.schema import FOLDER, run_schema, schemas, settings_schema
from verify.runs.settings import Settings, public
from verify.runs.suite import Entry, Run, entry_to_json, lines
from verify.verdict import Counterexample, Formula, Kink, Numbers, Result, Row, Verdict

MAKE = "write it anew: python -m verify.runs.schema"


@pytest.mark.parametrize("name", ["settings.schema.json", "run.schema.json"])
def test_the_committed_schemas_are_those_of_the_classes(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == schemas()[name], MAKE


def test_every_file_has_a_maker():
    assert {path.name for path in FOLDER.iterdir()} == set(schemas())


def test_every_setting_is_in_the_schema_with_its_help():
    properties = settings_schema()["properties"]
    assert set(properties) == {public(name) for name in vars(Settings())}
    assert all(each["description"] for each in properties.values())


def described(schema, value, root):
    """Whether a value has exactly the shape that a schema gives: as much of the standard as ours use."""
    if "$ref" in schema:
        return described(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    if "anyOf" in schema:
        return any(described(part, value, root) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = {"string": str, "boolean": bool, "null": type(None), "array": list, "object": dict}
    kind = schema["type"]
    if kind in ("integer", "number"):
        return type(value) is int or (kind == "number" and type(value) is float)
    if not isinstance(value, kinds[kind]):
        return False
    if kind == "array":
        return all(described(schema["items"], each, root) for each in value)
    if kind == "object" and "properties" in schema:
        named = schema["properties"]
        return (
            set(schema.get("required", ())) <= set(value) <= set(named)
            and all(described(named[name], value[name], root) for name in value)
        )  # fmt: skip
    return True


def a_run():
    point = Counterexample(("x=np.array([1.0])",), "x[0]", "2", "3")
    formula = Formula(Verdict.PROVED, certificate={"claim": 1}, domain=("x real",))
    part = Result(Verdict.REFUTED, Formula(Verdict.REFUTED), Numbers("wrong", ulps=float("inf")), counterexample=point)
    whole = Result(
        Verdict.PROVED,
        formula,
        Numbers("ok", ulps=0),
        (Kink("x = 0", inside=None),),
        program=(Row("z", "add", "()", "1"),),
    )
    return Run((Entry("a::f", whole), Entry("a::g", part, "timeout")), "a", {"seed": 1}, {"numpy": "2"}, "abc", "2026")


def test_what_a_run_writes_is_what_the_schema_says():
    schema = run_schema()
    head, *entries = (json.loads(text) for text in lines(a_run()))
    assert described(schema["$defs"]["Head"], head, schema)
    assert len(entries) == 2
    for each in entries:
        assert described(schema["$defs"]["Entry"], each, schema)
    del head["cases"]
    assert described(schema, {**head, "entries": entries}, schema)


@pytest.mark.parametrize("change", [{"outcome": "lost"}, {"more": 1}, {"seconds": "1"}, {"result": {}}])
def test_what_no_run_writes_is_refused(change):
    schema = run_schema()
    record = json.loads(json.dumps(entry_to_json(a_run().entries[0])))
    assert described(schema["$defs"]["Entry"], record, schema)
    assert not described(schema["$defs"]["Entry"], record | change, schema)


def test_the_settings_and_runs_validate_with_a_validator_of_the_standard():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator
    for schema in (settings_schema(), run_schema()):
        validator.check_schema(schema)
    settings = validator(settings_schema())
    assert settings.is_valid({"targets": ["a.py"], "jobs": "auto", "ignore": ["V5"], "reason": "because"})
    for wrong in ({"ignore": ["V5"]}, {"fail-on": ["refuted"]}, {"jobs": 0}, {"seeed": 1}, {"exit-zero": True}):
        assert not settings.is_valid(wrong), wrong
    head, *entries = (json.loads(text) for text in lines(a_run()))
    del head["cases"]
    validator(run_schema()).validate({**head, "entries": entries})
