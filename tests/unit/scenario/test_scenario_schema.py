"""The schema for editors and the manual are what the code says."""

from __future__ import annotations

import jsonschema
import pytest

from haihe.project import find_bundled
from haihe.scenario.extend import list_scenarios
from haihe.scenario.schema import ScenarioFile, dump_schema, schema_json, schema_manual
from haihe.yaml import parse_yaml, read_yaml, to_plain


def test_schema_file_is_the_one_that_the_code_makes():
    written = (find_bundled("scenarios") / "schema.json").read_text(encoding="utf-8")
    assert written == dump_schema(), "write haihe.scenario.schema.dump_schema() to the file"


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema_json())


@pytest.mark.parametrize("head", list_scenarios(), ids=lambda head: head.id)
def test_shipped_scenarios_follow_the_schema(head):
    jsonschema.validate(to_plain(read_yaml(head.path)), schema_json())


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("levers: {a: 80 %, b: 1, c: [[2025, 1]], d: {x: {y: 3 GW}}}", True),
        ("drivers: {a: [[2025, 1]], b: {file: x.csv}, c: {scale: 1.1}}", True),
        ("extends: [a, b]", True),
        ("lever: {a: 1}", False),
        ("levers: {a: [[2025]]}", False),
        ("levers: {a: [2025, 1]}", False),
        ("levers: {a: true}", False),
        ("drivers: {a: {scales: 1}}", False),
        ("time: {step: fast}", False),
        ("extends: {a: b}", False),
    ],
)
def test_schema_tells_right_from_wrong(text, fits):
    errors = list(
        jsonschema.Draft202012Validator(schema_json()).iter_errors(
            to_plain(parse_yaml(text, "a.yaml"))
        )
    )
    assert (not errors) is fits


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_manual_explains_every_key_in_both_languages(lang):
    manual = schema_manual(lang)
    for name, field in ScenarioFile.model_fields.items():
        line = next(line for line in manual.splitlines() if line.startswith(f"- `{name}`: "))
        words = line.removeprefix(f"- `{name}`: ")
        assert len(words) > 5
        chinese = any("\u4e00" <= c <= "\u9fff" for c in words)
        assert chinese is (lang == "zh")
        assert field.description
