"""The dialect as JSON Schema, from the models that read it: editors check and complete by it."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from pytest_sisyphus.extensions.types import CheckType, ExtractorType
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.check import FORMS, LOGIC, Check, Extractor
from pytest_sisyphus.spec.config import ProjectConfig
from pytest_sisyphus.spec.context import StepKind
from pytest_sisyphus.spec.step import REFERENCE

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

#: An editor sees `!include path` as the text `path`. Without its tag, validation refuses it.
_INCLUDE: Final = {
    "type": "string",
    "pattern": r"\.(ya?ml|json)$",
    "description": "!include of a file, or of all that match a pattern",
}
#: keywords whose value is data, or a schema that must not match more.
_LEFT_ALONE: Final = frozenset({"if", "not", "enum", "const", "default", "defaultSnippets"})
_ANNOTATIONS: Final = frozenset({"title", "description", "default", "doNotSuggest"})


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
    definitions["Extractor"]["properties"]["type"] |= {"enum": _names(extractors)}
    return {
        "$schema": DRAFT,
        "title": "A case of pytest-sisyphus",
        **refs[Case, "validation"],
        "$defs": _with_includes(_with_references(definitions)),
    }


def project_schema() -> dict[str, Any]:
    """The schema of a `sisyphus.yaml`."""
    refs, shared = models_json_schema([(ProjectConfig, "validation")], by_alias=True)
    return {
        "$schema": DRAFT,
        "title": "Project configuration of pytest-sisyphus",
        **refs[ProjectConfig, "validation"],
        "$defs": _with_includes(shared["$defs"]),
    }


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
    names = _names(kinds)
    branches = [
        {
            "if": {"properties": {"type": {"enum": [kind.name, *kind.aliases]}}}
            | ({} if kind.name == "request" else {"required": ["type"]}),
            "then": refs[kind.spec],
        }
        for kind in kinds
    ]
    kind_of_step = {"enum": names, "description": "the kind of step; request, if not written"}
    keys = {"type": "object", "properties": {"type": kind_of_step}, "allOf": branches}
    keyed = {**keys, "required": ["name"]}
    has_one_key = {"minProperties": 1, "maxProperties": 1, "not": {"required": ["name"]}}
    for kind in kinds:  # a step has its name, as one of its keys or before them
        name = refs[kind.spec]["$ref"].rpartition("/")[2]
        definitions[name]["required"].remove("name")
    definitions["Step"] = {
        "type": "object",
        "description": "a step, with its name beside its keys or as its only key",
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
    long_form = {key: check.pop(key) for key in list(check) if key != "description"}
    long_form["properties"]["type"] |= {"enum": [*_names(kinds), *FORMS]}
    short: dict[str, Any] = {kind.name: {"description": kind.description} for kind in kinds}
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
    check["anyOf"] = [long_form, short_form]


def _names(parts: Iterable[CheckType | ExtractorType | StepKind]) -> list[str]:
    """An editor offers them in this order: other spellings come last."""
    known = list(parts)
    return [part.name for part in known] + [name for part in known for name in part.aliases]
