"""JSON Schema: what passes, what it says, and that nothing is fetched."""

import subprocess
import sys

import pytest
from languages import is_chinese

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.checks.schema_keywords import unknown_keywords
from pytest_sisyphus.checks.schemas import check_schema
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.select import select

SCHEMA = Registry("check", CHECKS)["schema"]
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "名称"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "名称": {"type": "string", "pattern": "^订单"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
    },
    "additionalProperties": False,
    "$defs": {"line": {"type": "object", "properties": {"price": {"type": "number"}}}},
}


def verdict_of(value, schema):
    subject = StepData(document={"body": value}, body=value)
    return evaluate(SCHEMA, select(subject, "$"), schema, strict=False)


VALUES = [
    ({"id": 1, "名称": "订单 1"}, True, ""),
    ({"id": 1, "名称": "订单 1", "lines": [{"price": 8.5}]}, True, ""),
    ({"id": 1}, False, "at $: '名称' is a required property"),
    ({"id": 0, "名称": "订单"}, False, "at $.id: 0 does not keep to minimum: 1"),
    ({"id": True, "名称": "订单"}, False, "at $.id: true does not keep to type: integer"),
    ({"id": "1", "名称": "订单"}, False, 'at $.id: "1" does not keep to type: integer'),
    ({"id": 1, "名称": "x"}, False, "at $.名称: x does not keep to pattern: ^订单"),
    ({"id": 1, "名称": "订单", "x": 1}, False, "at $: Additional properties are not allowed"),
    (
        {"id": 1, "名称": "订单", "lines": [{"price": 1}, {"price": "x"}]},
        False,
        "at $.lines[1].price: x does not keep to type: number",
    ),
    ({"id": 1, "名称": "订单", "lines": []}, False, "at $.lines: [] does not keep to minItems"),
    ([], False, "at $: [] does not keep to type: object"),
    (None, False, "at $: null does not keep to type: object"),
]


@pytest.mark.parametrize(("value", "passed", "error"), VALUES)
def test_a_value_is_held_against_its_schema(value, passed, error):
    verdict = verdict_of(value, ORDER)

    assert verdict.passed is passed
    assert verdict.evaluated
    assert error in verdict.error


def test_what_does_not_keep_to_it_is_said_in_chinese_as_well(set_to_chinese):
    said = [verdict_of(value, ORDER).error for value, passed, _ in VALUES if not passed]

    assert [one for one in said if not is_chinese(one)] == []


def test_many_violations_are_counted():
    verdict = verdict_of(list("abcdef"), {"items": {"type": "integer"}})

    assert verdict.error.endswith("; and 3 more")
    assert verdict.error.startswith("Expected what the schema describes, but at $[0]: a does not")


def test_older_drafts_are_understood():
    draft4 = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "minimum": 1,
        "exclusiveMinimum": True,
    }

    assert verdict_of(2, draft4).passed
    assert not verdict_of(1, draft4).passed


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("date", "2026-11-22", "22.11.2026"),
        ("date-time", "2026-11-22T08:00:00Z", "2026-11-22 08:00"),
        ("email", "a@example.com", "a.example.com"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", ":1"),
        ("regex", "a+", "a("),
        ("time", "08:00:00Z", "8 o'clock"),
        ("uri", "https://example.com/a", "no address"),
        ("uuid", "8f14e45f-ceea-467f-a8c7-6d3b3f0f6d1a", "8f14"),
    ],
)
def test_a_format_is_checked_and_no_mere_note(name, right, wrong):
    schema = {"type": "string", "format": name}

    assert verdict_of(right, schema).passed
    assert f"does not keep to format: {name}" in verdict_of(wrong, schema).error


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "error"),
    [
        ({"$ref": "http://127.0.0.1:9/schema.json"}, "nothing is fetched"),
        ({"$ref": "file:///etc/hostname"}, "nothing is fetched"),
        ({"$ref": "other.json"}, "nothing is fetched"),
        ({"$ref": "#/$defs/nope"}, "which is not in it"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"pattern": "^(a|aa)+$"}, "still searching"),
        ({"type": "strin"}, "expect is no JSON Schema"),
        ("schema.json", "expect must be a JSON Schema"),
    ],
)
def test_a_schema_that_cannot_be_used_judges_nothing(schema, error):
    verdict = verdict_of("a" * 60 + "b", schema)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert error in verdict.error


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # how the library announces that it fetches
def test_no_file_is_read_for_a_reference(tmp_path):
    there = tmp_path / "anything.json"
    there.write_text("{}", encoding="utf-8")

    verdict = verdict_of(1, {"$ref": there.as_uri()})

    assert (verdict.passed, verdict.evaluated) == (False, False)


def test_the_metaschema_itself_may_be_referred_to():
    schema = {"$ref": "https://json-schema.org/draft/2020-12/schema"}

    assert verdict_of({"type": "string"}, schema).passed
    assert not verdict_of({"type": 5}, schema).passed


def test_a_missing_library_is_named_with_its_extra():
    program = (
        "import sys; sys.modules['jsonschema'] = None\n"
        "from pytest_sisyphus.checks.schemas import validate_schema\n"
        "print(validate_schema({'type': 'object'}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "pip install 'pytest-sisyphus[schema]'" in done.stdout


def test_the_library_is_not_imported_before_a_schema_is_used():
    program = "import sys, pytest_sisyphus.checks.builtin\nprint('jsonschema' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
    assert SCHEMA.check is check_schema


def complaints_of(schema):
    return {".".join(map(str, path)): said for path, said in unknown_keywords(schema)}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"requird": ["a"], "properties": {"one": {"typ": "string"}}}, "requird properties.one.typ"),
        ({"allOf": [{"minimun": 1}], "items": {"not": {"x": 1}}}, "allOf.0.minimun items.not.x"),
        ({"$defs": {"a": {"b": {}}}, "additionalProperties": {"c": 1}}, "$defs.a.b additionalProperties.c"),
        ({"if": {"a": 1}, "then": {"b": 1}, "prefixItems": [{"c": 1}]}, "if.a then.b prefixItems.0.c"),
        ({"nullable": True, "$reff": "#"}, "nullable $reff"),
        ({"additionalItems": False}, "additionalItems"),
        ({"$schema": DRAFT_7, "prefixItems": []}, "prefixItems"),
        ({"$schema": DRAFT_7, "items": [{"typ": 1}], "dependencies": {"a": {"typ": 1}}}, "items.0.typ dependencies.a.typ"),
        ({"$schema": DRAFT_4, "const": 1, "if": {}}, "const if"),
    ],
)  # fmt: skip
def test_a_word_that_is_no_keyword_of_the_draft_is_found(schema, words):
    assert complaints_of(schema).keys() == set(words.split())


@pytest.mark.parametrize(
    "schema",
    [
        ORDER,
        {"enum": [{"requird": 1}], "const": {"typ": 1}, "default": {"typ": 1}},
        {"examples": [{"typ": 1}], "title": "t", "description": "d", "deprecated": True},
        {"properties": {"requird": {"type": "string"}, "typ": True}},
        {"patternProperties": {"^typ": {}}, "dependentSchemas": {"typ": {"required": ["b"]}}},
        {"$schema": DRAFT_4, "id": "http://x/", "definitions": {"typ": {"$ref": "#"}}},
        {"$schema": DRAFT_7, "if": {}, "else": {}, "$comment": "c", "dependencies": {"a": ["b"]}},
        {"x-note": 1, "properties": {"a": {"x-order": 2, "format": "email"}}},
        {"unevaluatedProperties": False, "$anchor": "a", "contentSchema": {"type": "object"}},
    ],
)
def test_names_values_and_extensions_are_no_keywords(schema):
    assert complaints_of(schema) == {}
