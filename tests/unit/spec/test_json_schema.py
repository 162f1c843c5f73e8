"""The JSON Schema that editors complete and check case files by."""

import re
from pathlib import Path

import jsonschema
import pytest

from pytest_sisyphus import builtin
from pytest_sisyphus.location import plain
from pytest_sisyphus.source.detection import looks_like_a_case
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.json_schema import dialect_schema, project_schema

ROOT = Path(__file__).parents[3]
CASES = [
    path
    for folder in ("examples", "orchestrator/cli/demo/project/cases")
    for path in sorted((ROOT / folder).glob("*.yaml"))
    if looks_like_a_case(path.read_bytes())
]


@pytest.fixture(scope="module")
def schema():
    return dialect_schema(
        builtin.pytest_sisyphus_step_types(),
        builtin.pytest_sisyphus_checks(),
        builtin.pytest_sisyphus_extractors(),
    )


@pytest.fixture(scope="module")
def validator(schema):
    return jsonschema.Draft202012Validator(schema)


def test_it_is_valid_itself(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def properties(node):
    if isinstance(node, list):
        for item in node:
            yield from properties(item)
    elif isinstance(node, dict):
        if "if" not in node and isinstance(node.get("properties"), dict):
            yield from node["properties"].items()
        for key, item in node.items():
            if key != "if":
                yield from properties(item)


def test_every_property_has_a_description(schema):
    found = dict(properties(schema))

    assert {"steps", "validations", "eq", "and", "base_url", "filename"} <= found.keys()
    assert [name for name, about in found.items() if not about.get("description")] == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_it_accepts_the_cases_of_this_project(validator, path):
    for document in Reader(roots=(ROOT,), base=ROOT).documents(path):
        validator.validate(plain(document))


DOCUMENTS = [
    pytest.param(block, id=f"{path.relative_to(ROOT)}-{number}")
    for path in (*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("README*.md")))
    for number, block in enumerate(
        re.findall(r"(?<!<!-- wrong -->\n)```yaml\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    )
    if looks_like_a_case(block.encode()) and "!include" not in block
]


@pytest.mark.parametrize("block", DOCUMENTS)
def test_it_accepts_the_cases_of_the_documents(validator, tmp_path, block):
    (tmp_path / "case.yaml").write_text(block, encoding="utf-8")
    for document in Reader(roots=(tmp_path,), base=tmp_path).documents(tmp_path / "case.yaml"):
        validator.validate(plain(document))


STEP = {"name": "s", "url": "/"}

GOOD = [
    {"steps": [{"s": {"url": "/"}}]},
    {"steps": [{"name": "s", "url": "/", "timeout": "${t}", "retry_times": "${n}"}]},
    {"steps": [{**STEP, "validate": [{"eq": ["$.a", 1]}, {"status_code": "2xx"}]}]},
    {"steps": [{**STEP, "extract": {"token": "$.t"}, "auth": ["u", "p"], "cookies": "clear"}]},
    {"steps": [{"name": "w", "type": "wait", "duration": 1}], "setup": STEP},
    {"steps": [{"name": "p", "type": "poll", "request": {"url": "/"}, "until": "x == 1"}]},
    {"steps": [STEP], "config": {"data_source": [{"a": 1}], "databases": {"d": "sqlite://"}}},
    {"steps": [{**STEP, "timeout": "20", "retry_times": "3", "stream": "yes", "verify_ssl": 0}]},
    {"steps": [{**STEP, "files": {"a": "x.txt", "b": {"path": "x", "filename": "y"}, "c": ["x", {"path": "${p}"}]}}]},
    {"steps": [STEP], "marks": ["slow", {"timeout": 5}]},
    {"steps": [STEP], "config": {"profiles": {"dev": {"anything": [1]}}, "timeout": {"read": 3}}},
]  # fmt: skip

BAD = [
    {"step": [STEP]},
    {"steps": [{**STEP, "timeout": "soon"}]},
    {"steps": [{**STEP, "files": {"a": 5}}]},
    {"steps": [{**STEP, "files": {"a": {"pth": "x"}}}]},
    {"steps": [{**STEP, "stream": "maybe"}]},
    {"steps": [{**STEP, "stream": 2}]},
    {"steps": [STEP], "marks": [{"a": 1, "b": 2}]},
    {"steps": []},
    {"steps": "abc"},
    {"steps": [{"name": "s", "ur": "/"}]},
    {"steps": [{**STEP, "timeot": 1}]},
    {"steps": [{**STEP, "timeout": -1}]},
    {"steps": [{**STEP, "retry_times": -1}]},
    {"steps": [{"s": {"url": "/", "timeot": 1}}]},
    {"steps": [{**STEP, "type": "requst"}]},
    {"steps": [{**STEP, "validations": [{"eqq": ["$", 1]}]}]},
    {"steps": [{**STEP, "validations": {"eq": ["$", 1]}}]},
    {"steps": [{**STEP, "extractors": [{"name": "a", "type": "jsn", "path": "$"}]}]},
    {"steps": [{**STEP, "cookies": [1]}]},
    {"steps": [{**STEP, "headers": ["a"]}]},
    {"steps": [{"name": "p", "type": "poll", "request": {"ur": "/"}, "until": "x == 1"}]},
    {"steps": [{"name": "l", "type": "loop", "loop_type": "fro", "loop_steps": [STEP]}]},
    {"steps": [{"name": "l", "type": "loop", "loop_type": "for", "loop_count": 1, "loop_steps": [{"name": "x", "ur": "/"}]}]},
    {"steps": [STEP], "config": {"timeot": 1}},
    {"steps": [STEP], "config": {"profiles": {"dev": {"timeout": "soon"}}}},
    {"steps": [STEP], "tags": "smoke"},
    {"steps": [STEP], "teardown": [{"name": "x", "ur": "/"}]},
]  # fmt: skip


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_it_accepts_what_the_dialect_allows(validator, case):
    validator.validate({"name": "c", **case})


@pytest.mark.parametrize("case", BAD, ids=str)
def test_it_rejects_mistakes(validator, case):
    assert not validator.is_valid({"name": "c", **case})


#: what stands there may come from a file; an editor sees `!include` as the file's path.
INCLUDED = [
    {"steps": "s.yaml"},
    {"steps": [STEP, "parts/*.yml"]},
    {"steps": [{"log in": "log-in.yaml"}], "setup": "s.yaml", "teardown": ["t.yaml"]},
    {"steps": [STEP], "config": "c.yaml"},
    {"steps": [STEP], "config": {"profiles": "p.yaml", "variables": "v.yaml", "headers": "h.yaml", "timeout": "t.yaml"}},
    {"steps": [STEP], "config": {"profiles": {"dev": "p.yaml"}, "data_source": "rows.json"}},
    {"steps": [{**STEP, "validations": "v.yaml", "extractors": "e.yaml", "headers": "h.yaml", "json": "b.json"}]},
    {"steps": [{**STEP, "validations": ["v.yaml", {"and": ["v.yaml"]}], "extractors": ["e.yaml"]}]},
    {"steps": [{**STEP, "mock": "m.yaml", "performance": "p.yaml", "retry_policy": "r.yaml", "retry_times": "n.yaml"}]},
    {"steps": [{"name": "l", "type": "loop", "loop_type": "for", "loop_count": 1, "loop_steps": "l.yaml"}]},
    {"steps": [STEP], "tags": "tags.yaml", "enabled": "e.yaml"},
]  # fmt: skip


@pytest.mark.parametrize("case", INCLUDED, ids=str)
def test_it_accepts_an_include_for_any_value(validator, case):
    validator.validate({"name": "c", **case})


@pytest.mark.parametrize(
    "case",
    [
        {"steps": "s.txt"},
        {"steps": [{**STEP, "type": "request.yaml"}]},
        {"steps": [{**STEP, "validations": [{"type": "eq.yaml", "path": "$"}]}]},
        {"steps": [{**STEP, "timeout": "t.yaml.txt"}]},
    ],
    ids=str,
)
def test_an_include_hides_no_mistake(validator, case):
    assert not validator.is_valid({"name": "c", **case})


def test_an_editor_offers_each_word_once_and_accepts_the_others(schema):
    short = schema["$defs"]["Check"]["anyOf"][1]["properties"]
    assert "doNotSuggest" not in short["eq"]
    assert short["equals"]["description"] == "another word for eq"
    assert short["equals"]["doNotSuggest"] is True
    request = schema["$defs"]["RequestSpec"]["properties"]
    assert "doNotSuggest" not in request["validations"]
    assert request["validate"]["doNotSuggest"] is True
    long = schema["$defs"]["Check"]["anyOf"][0]["properties"]["type"]["enum"]
    assert long.index("contains") < long.index("equals")


class TestProjectConfiguration:
    @pytest.fixture
    def schema(self):
        return project_schema()

    @pytest.fixture
    def validator(self, schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    def test_every_property_has_a_description(self, schema):
        found = dict(properties(schema))

        assert {"profiles", "databases", "headers", "mask"} <= found.keys()
        assert [name for name, about in found.items() if not about.get("description")] == []

    @pytest.mark.parametrize(
        "path",
        sorted((ROOT / "examples").rglob("sisyphus.yaml")),
        ids=lambda path: path.parent.name,
    )
    def test_it_accepts_the_examples(self, validator, path):
        (document,) = Reader(roots=(ROOT,), base=ROOT).documents(path)
        validator.validate(plain(document))

    @pytest.mark.parametrize("key", ["profiles", "databases", "variables", "headers"])
    def test_it_accepts_an_include_for_any_value(self, validator, key):
        validator.validate({key: "part.yaml"})
        assert not validator.is_valid({key: "part.txt"})

    @pytest.mark.parametrize(
        "document", [{"data_source": []}, {"config": {}}, {"steps": []}, [], {"base_url": 5}]
    )
    def test_it_refuses_what_reading_refuses(self, validator, document):
        assert not validator.is_valid(document)
