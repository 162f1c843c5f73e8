"""What an editor shows and inserts: an example of each key, and snippets."""

import re
from pathlib import Path

import pytest
import yaml

from pytest_sisyphus import builtin
from pytest_sisyphus.spec import certificates
from pytest_sisyphus.spec.json_schema import dialect_schema, in_chinese, project_schema
from pytest_sisyphus.spec.schema_examples import EXAMPLES, as_yaml, examples_of
from pytest_sisyphus.spec.schema_snippets import as_snippet

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = dialect_schema(
    builtin.pytest_sisyphus_step_types(),
    builtin.pytest_sisyphus_checks(),
    builtin.pytest_sisyphus_extractors(),
)
STEP = {"name": "s", "url": "/"}
#: definition -> a case with a document of it.
CASES = {
    "Case": lambda one: one,
    "ProjectConfig": lambda one: case(config=one),
    "Config": lambda one: case(config=one),
    "Profile": lambda one: case(config={"profiles": {"p": one}}),
    "EnvVars": lambda one: case(config={"env_vars": one}),
    "DataSource": lambda one: case(config={"data_source": one, "databases": {"shop": "sqlite://"}}),
    "DatabaseSettings": lambda one: case(config={"databases": {"d": one}}),
    "Auth": lambda one: case({**STEP, "auth": one}),
    "FilePart": lambda one: case({**STEP, "files": {"f": one}}),
    "TimeLimit": lambda one: case({**STEP, "timeout": one}),
    "RetryPolicy": lambda one: case({**STEP, "retry_policy": one}),
    "Check": lambda one: case({**STEP, "validations": [one]}),
    "Extractor": lambda one: case({**STEP, "extractors": [one]}),
    "WaitCondition": lambda one: case({"name": "s", "type": "wait", "wait_condition": one}),
    "Mock": lambda one: case({**STEP, "mock": one}),
    "MockRule": lambda one: case({**STEP, "mock": {"rules": [one]}}),
    "MockRequest": lambda one: case(
        {**STEP, "mock": {"rules": [{"request": one, "response": {}}]}}
    ),
    "MockResponse": lambda one: case({**STEP, "mock": {"rules": [{"response": one}]}}),
    "Performance": lambda one: case({**STEP, "performance": one}),
    "Benchmarks": lambda one: case({**STEP, "performance": {"repeat": 2, "benchmarks": one}}),
}


def case(*steps, config=None):
    first = {"name": "order", "url": "/"}  # an example depends on it
    databases = {"shop": "sqlite://"}
    return {
        "name": "c",
        "config": config or {"databases": databases},
        "steps": [first, *(steps or [STEP])],
    }


@pytest.fixture
def accepts(engine, monkeypatch):
    """Reads a case, as a run does and as the schema does."""
    (engine.folder / "login.yaml").write_text(
        "name: sign in as a user\nsteps: [{name: s, url: /, extract: {token: $.token}}]\n"
    )

    for name in (".env", "photo.png", "orders.bin", "client.pem", "client.key"):
        (engine.folder / name).touch()
    monkeypatch.setattr(certificates, "client_problem", lambda *_files: "")

    def read(written):
        return engine.read(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))

    return read


@pytest.mark.parametrize(
    ("definition", "document"),
    [
        pytest.param(name, document, id=f"{name}-{number}")
        for name, text in EXAMPLES.items()
        for number, document in enumerate(yaml.safe_load_all(as_yaml(text)))
    ],
)
def test_each_example_is_valid(accepts, definition, document):
    accepts(CASES.get(definition, case)(document))


def keys():
    """(definition, key) -> its schema, of all that may be written and are not superseded."""
    return {
        (name, key): about
        for schema in (SCHEMA, project_schema())
        for name, definition in schema["$defs"].items()
        for form in (definition, *definition.get("anyOf", ()))
        for key, about in form.get("properties", {}).items()
        if "doNotSuggest" not in about and about["description"] != "superseded"
    }


def test_each_key_has_an_example_and_no_example_is_of_another():
    found = keys()

    assert [where for where, about in found.items() if "markdownDescription" not in about] == []
    written = {
        (name, key)
        for name, text in EXAMPLES.items()
        for document in yaml.safe_load_all(as_yaml(text))
        for key in document
    }
    not_of_all = {("Auth", "token"), ("StepSpec", "url")}  # what some of them need
    assert written - found.keys() == not_of_all


def test_what_is_shown_names_the_key_and_a_page_that_is_there():
    for language, schema in (("en", SCHEMA), ("zh", in_chinese(SCHEMA))):
        definitions = schema["$defs"]
        about = definitions["StepSpec"]["properties"]["retry_times"]
        assert f"{about['description']}\n\n```yaml\nretry_times: 2\n```\n\n" in (
            shown := about["markdownDescription"]
        )
        assert shown.endswith(f"docs/{language}/reference/keys.md")
    pages = {about["markdownDescription"].rpartition("\n")[2] for about in keys().values()}
    assert len(pages) == 3
    assert [page for page in pages if not (DOCS.parent / page).is_file()] == []


def test_each_type_says_what_it_is():
    offered = SCHEMA["$defs"]["Extractor"]["properties"]["type"]
    said = dict(zip(offered["enum"], offered["enumDescriptions"], strict=True))
    assert said["cookie"] == "a cookie of the response"
    assert said["status_code"] == "another word for status"
    steps = SCHEMA["$defs"]["Step"]["else"]["properties"]["type"]
    assert len(steps["enumDescriptions"]) == len(steps["enum"])


def snippets(node, place=""):
    """place -> what is inserted there."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    found = {}
    if isinstance(node, dict):
        for number, one in enumerate(node.get("defaultSnippets", ())):
            found[f"{place}/{number}"] = one["body"]
        for key, item in node.items():
            found |= snippets(item, f"{place}/{key}")
    return found


def inserted(body, indent=""):
    """The YAML that a language server makes of it, as soon as nothing is replaced."""
    if isinstance(body, dict):
        lines = (
            f"\n{indent}{filled(key)}: {inserted(item, indent + '  ')}"
            for key, item in body.items()
        )
        return "".join(lines)
    if isinstance(body, list):
        items = (inserted(item, indent + "  ").lstrip() for item in body)
        return "".join(f"\n{indent}- {item}" for item in items)
    return filled(body)


def filled(text):
    place = re.compile(r"\$\{\d+:((?:[^\\}]|\\.)*)\}")
    return re.sub(r"\\([$}\\])", r"\1", place.sub(r"\1", text))


SNIPPETS = snippets(SCHEMA)


@pytest.mark.parametrize("place", SNIPPETS)
def test_each_snippet_is_as_its_example(place):
    """Of a key; those of a whole thing are read below."""
    if found := re.fullmatch(r"/\$defs/(\w+)(?:/anyOf/0)?/properties/(\w+)/0", place):
        example = examples_of(found[1]).get(found[2])
        if example:
            assert inserted(SNIPPETS[place]) == as_yaml(example)


def short_checks():
    properties = SCHEMA["$defs"]["Check"]["anyOf"][1]["properties"]
    return {
        name: about["defaultSnippets"][0]["body"]
        for name, about in properties.items()
        if "defaultSnippets" in about
    }


def test_each_check_has_one():
    known = {check.name for check in builtin.pytest_sisyphus_checks()}
    assert short_checks().keys() == known | {"and", "or", "not", "each", "assert"}


@pytest.mark.parametrize("name", short_checks())
def test_a_check_can_be_inserted(accepts, name):
    body = short_checks()[name]
    accepts(case({**STEP, "validations": [yaml.safe_load(f"{name}: {inserted(body)}")]}))
    assert "${1:" in body


@pytest.mark.parametrize(
    ("definition", "number", "kinds"),
    [
        ("Step", number, builtin.pytest_sisyphus_step_types())
        for number in range(len(builtin.pytest_sisyphus_step_types()))
    ]
    + [
        ("Extractor", number, builtin.pytest_sisyphus_extractors())
        for number in range(len(builtin.pytest_sisyphus_extractors()))
    ]
    + [("MockRule", 0, None)],
)
def test_a_whole_thing_can_be_inserted(accepts, definition, number, kinds):
    snippet = SCHEMA["$defs"][definition]["defaultSnippets"][number]
    accepts(CASES.get(definition, case)(yaml.safe_load(inserted(snippet["body"]))))
    assert kinds is None or (snippet["label"] == kinds[number].name)


def test_a_case_can_be_inserted(accepts):
    (snippet,) = SCHEMA["defaultSnippets"]
    accepts(yaml.safe_load(inserted(snippet["body"])))


@pytest.mark.parametrize(
    ("example", "snippet"),
    [
        ("3", "${1:3}"),
        ("${total} > 0", r"${1:\${total\} > 0}"),
        ("[«$.id», «7»]", r"[${1:\$.id}, ${2:7}]"),
        (r"'\d+'", r"${1:'\\d+'}"),
        ("\n  - a: b", "\n  - a: b"),
        ({"a": "«1»", "b": [{"c": "«2»"}]}, {"a": "${1:1}", "b": [{"c": "${2:2}"}]}),
    ],
)
def test_a_snippet_goes_from_place_to_place(example, snippet):
    assert as_snippet(example) == snippet
