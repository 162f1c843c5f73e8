"""The dialect as JSON Schema, from the models that read it: editors check and complete by it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from pytest_sisyphus.extensions.types import CheckType, ExtractorType
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.spec.check_forms import FORMS, LOGIC
from pytest_sisyphus.spec.config import ProjectConfig
from pytest_sisyphus.spec.context import StepKind
from pytest_sisyphus.spec.extractor import Extractor
from pytest_sisyphus.spec.schema_examples import FORM_EXAMPLES, as_yaml, examples_of
from pytest_sisyphus.spec.schema_snippets import CASE, MOCK_RULE, STEPS, as_snippet
from pytest_sisyphus.spec.step import REFERENCE

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

#: An editor sees `!include path` as the text `path`. Without its tag, validation refuses it.
#: It has no description: an editor would show it, where it looks for one of an including key.
_INCLUDE: Final = {"type": "string", "pattern": r"\.(ya?ml|json)$"}
_NULL: Final = {"type": "null"}
#: keywords whose value is data, or a schema that must not match more.
_LEFT_ALONE: Final = frozenset({"if", "not", "enum", "const", "default", "defaultSnippets"})
_ANNOTATIONS: Final = frozenset({"title", "description", "default", "doNotSuggest", "x-example"})
#: definition -> the page that is about it; of the others `_KEYS_PAGE`.
_PAGES: Final = {"Check": "reference/checks", "Extractor": "reference/extractors"}
_KEYS_PAGE: Final = "reference/keys"
#: where a check's example is until it becomes what an editor knows.
_EXAMPLE: Final = "x-example"
_ANOTHER_WORD: Final = re.compile(r"another word for (\S+)")
#: keywords that hold schemas by names, which may be those of keywords.
_BY_NAME: Final = frozenset({"properties", "patternProperties", "$defs"})
#: keywords that hold data, in which `description` may be any key.
_DATA: Final = frozenset({"enum", "const", "default", "examples"})


def dialect_schema(
    steps: Iterable[StepKind],
    checks: Iterable[CheckType],
    extractors: Iterable[ExtractorType],
) -> dict[str, Any]:
    """The schema of one case, with the extensions that are registered."""
    kinds = list(steps)
    models: list[Any] = [Case, Check, Extractor, *(kind.spec for kind in kinds)]
    refs, shared = models_json_schema([(model, "validation") for model in models], by_alias=True)
    definitions: dict[str, Any] = shared["$defs"]
    _tell_steps_apart(definitions, kinds, {model: refs[model, "validation"] for model in models})
    _name_checks(definitions["Check"], list(checks))
    extracting = list(extractors)
    definitions["Extractor"]["properties"]["type"] |= _one_of(extracting)
    made = _for_editors(_with_includes(_with_references(definitions)))
    made["Step"]["defaultSnippets"] = [
        _snippet(kind, STEPS[kind.name]) for kind in kinds if kind.name in STEPS
    ]
    made["Extractor"]["defaultSnippets"] = [
        _snippet(
            kind,
            {"name": "«variable»", "type": kind.name}
            | ({"path": f"«{kind.example}»"} if kind.example else {}),
        )
        for kind in extracting
    ]
    made["MockRule"]["defaultSnippets"] = [{"label": "rule", "body": as_snippet(MOCK_RULE)}]
    return {
        "$schema": DRAFT,
        "title": "A case of pytest-sisyphus",
        **refs[Case, "validation"],
        "defaultSnippets": [{"label": "case", "body": as_snippet(CASE)}],
        "$defs": made,
    }


def project_schema() -> dict[str, Any]:
    """The schema of a `sisyphus.yaml`."""
    refs, shared = models_json_schema([(ProjectConfig, "validation")], by_alias=True)
    return {
        "$schema": DRAFT,
        "title": "Project configuration of pytest-sisyphus",
        **refs[ProjectConfig, "validation"],
        "$defs": _for_editors(_with_includes(shared["$defs"])),
    }


def _snippet(kind: StepKind | ExtractorType, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": kind.name, "description": kind.description, "body": as_snippet(body)}


def _for_editors(definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions, of each key an example, what an editor inserts for it, and the page.

    Only keys have titles and descriptions: an editor would show a definition's in their place.
    """
    for name, definition in definitions.items():
        examples, page = examples_of(name), _PAGES.get(name, _KEYS_PAGE)
        for form in (definition, *definition.get("anyOf", ())):
            for shown in ("title", "description"):
                form.pop(shown, None)
            for key, about in form.get("properties", {}).items():
                _tell(key, about, about.pop(_EXAMPLE, examples.get(key, "")), page)
    return definitions


def _tell(key: str, about: dict[str, Any], example: str, page: str) -> None:
    about["title"] = key
    if about.get("default", ...) in (None, "", [], {}):
        del about["default"]  # an editor would insert it
    if example and "description" in about and not about.get("doNotSuggest"):
        shown = as_yaml(example)
        between = "" if shown.startswith("\n") else " "
        about["markdownDescription"] = (
            f"{about['description']}\n\n```yaml\n{key}:{between}{shown}\n```\n\ndocs/en/{page}.md"
        )
        first, *more = shown.strip().splitlines()
        label = f"{first} …" if more else first
        about["defaultSnippets"] = [{"label": label, "body": as_snippet(example)}]


def _with_includes(definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions, with an `!include` accepted wherever a value may stand."""
    made = {name: _accept_includes(schema) for name, schema in definitions.items()}
    return made | {"Include": _INCLUDE}


def _accept_includes(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_accept_includes(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for key, item in schema.items():
        if key in _LEFT_ALONE:
            made[key] = item
        elif key == "properties":
            made[key] = {name: _or_include(value) for name, value in item.items()}
        elif key in {"items", "additionalProperties"}:
            made[key] = _or_include(item)
        else:
            made[key] = _accept_includes(item)
    return made


def _or_include(schema: Any) -> Any:
    """What stands there, or an `!include` of it; a choice of words stays one, so that a wrong word
    is seen, and what accepts any text needs no more."""
    made = _accept_includes(schema)
    if not isinstance(made, dict) or "enum" in made or "string" in made.get("type", ()):
        return made
    asked = {key: made[key] for key in made if key not in _ANNOTATIONS}
    if not asked:
        return made
    if list(asked) == ["anyOf"] and len(asked["anyOf"]) == 2 and asked["anyOf"][1] == _NULL:
        asked = {"if": _NULL, "else": asked["anyOf"][0]}
    about = {key: made[key] for key in made if key in _ANNOTATIONS}
    # no anyOf: of a mistake, an editor would also say that it is no include
    return {**about, "if": {"$ref": "#/$defs/Include"}, "else": asked}


def _with_references(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_references(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _with_references(item) for key, item in value.items() if key != REFERENCE}
    return made | ({"$ref": f"#/$defs/{value[REFERENCE]}"} if REFERENCE in value else {})


def _tell_steps_apart(
    definitions: dict[str, Any], kinds: list[StepKind], refs: dict[Any, Any]
) -> None:
    branches = [
        {
            "if": {"properties": {"type": {"enum": [kind.name, *kind.aliases]}}}
            | ({} if kind.name == "request" else {"required": ["type"]}),
            "then": refs[kind.spec],
        }
        for kind in kinds
    ]
    kind_of_step = {
        "title": "type",
        **_one_of(kinds),
        "description": "the kind of step; request, if not written",
    }
    keys = {"type": "object", "properties": {"type": kind_of_step}, "allOf": branches}
    keyed = {**keys, "required": ["name"]}
    has_one_key = {"minProperties": 1, "maxProperties": 1, "not": {"required": ["name"]}}
    for kind in kinds:  # a step has its name, as one of its keys or before them
        name = refs[kind.spec]["$ref"].rpartition("/")[2]
        definitions[name]["required"].remove("name")
    definitions["Step"] = {
        "type": "object",
        # no anyOf: of a mistake in one form, an editor would say that it is not the other
        "if": has_one_key,
        "then": {"additionalProperties": keys},
        "else": keyed,
    }
    definitions["Steps"] = {
        "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Step"}}, {"$ref": "#/$defs/Step"}]
    }


def _name_checks(check: dict[str, Any], kinds: list[CheckType]) -> None:
    """The long form with the names that are known, and a short form for each."""
    long_form = {key: check.pop(key) for key in list(check)}
    long_form["properties"]["type"] |= {"enum": [*_one_of(kinds)["enum"], *FORMS]}
    short: dict[str, Any] = {
        kind.name: {"description": kind.description, _EXAMPLE: kind.example} for kind in kinds
    }
    for kind in kinds:
        about: dict[str, Any] = {
            "description": f"another word for {kind.name}",
            "doNotSuggest": True,
        }
        short |= dict.fromkeys(kind.aliases, about)
    several = {"type": "array", "items": {"$ref": "#/$defs/Check"}}
    forms = {name: {**several, "description": f"{name} of these checks"} for name in LOGIC}
    forms["each"] = {"description": "[path of a list, checks that each element must pass]"}
    forms["assert"] = {"description": "a condition on variables, or [condition, description]"}
    short_form = {
        "type": "object",
        "properties": {**short, **forms},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    for name, example in FORM_EXAMPLES.items():
        forms[name][_EXAMPLE] = example
    check["anyOf"] = [long_form, short_form]


def _one_of(parts: Iterable[CheckType | ExtractorType | StepKind]) -> dict[str, list[str]]:
    """An editor offers them in this order: other spellings come last."""
    known = list(parts)
    said = {part.name: part.description for part in known}
    said |= {name: f"another word for {part.name}" for part in known for name in part.aliases}
    return {"enum": [*said], "enumDescriptions": [*said.values()]}


def in_chinese(schema: Any) -> Any:
    """The schema with the Chinese texts; what is not the project's own stays as it is written."""
    if isinstance(schema, list):
        return [in_chinese(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for key, item in schema.items():
        if isinstance(item, str) and key in {"title", "description"}:
            made[key] = _chinese_of(item) if " " in item or key != "title" else item  # a key
        elif key == "enumDescriptions":
            made[key] = [*map(_chinese_of, item)]
        elif key == "markdownDescription" and isinstance(item, str):
            said, gap, rest = item.partition("\n\n")
            made[key] = f"{_chinese_of(said)}{gap}{rest.replace('docs/en/', 'docs/zh/')}"
        elif key in _BY_NAME:
            made[key] = {name: in_chinese(value) for name, value in item.items()}
        else:
            made[key] = item if key in _DATA else in_chinese(item)
    return made


def _chinese_of(text: str) -> str:
    from pytest_sisyphus.i18n.zh.descriptions import CHINESE  # noqa: PLC0415 - for this only

    another = _ANOTHER_WORD.fullmatch(text)
    return f"{another[1]} 的另一种写法" if another else CHINESE.get(text, text)
