"""The dialect as JSON Schema, from the models that read it: editors check and complete by it."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from ..models.parts import CheckType, ExtractorType
from .case import Case
from .check import LOGIC, Check, Extractor
from .reading import StepKind
from .step import REFERENCE

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def dialect_schema(
    steps: Iterable[StepKind],
    checks: Iterable[CheckType],
    extractors: Iterable[ExtractorType],
) -> dict[str, Any]:
    """Of one case, with the parts that are registered."""
    kinds = list(steps)
    models: list[Any] = [Case, Check, Extractor, *(kind.spec for kind in kinds)]
    refs, shared = models_json_schema([(model, "validation") for model in models], by_alias=True)
    definitions: dict[str, Any] = shared["$defs"]
    _tell_steps_apart(definitions, kinds, {model: refs[model, "validation"] for model in models})
    _name_checks(definitions["Check"], list(checks))
    _enumerate(definitions["Extractor"], _names(extractors))
    return {
        "$schema": DRAFT,
        "title": "A case of pytest-sisyphus",
        **refs[Case, "validation"],
        "$defs": _with_references(definitions),
    }


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
    names = [name for kind in kinds for name in (kind.name, *kind.aliases)]
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
    one_key = {
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": keys,
        "not": {"required": ["name"]},
    }
    for kind in kinds:  # a step has its name, as one of its keys or before them
        definitions[_name_of(refs[kind.spec])]["required"].remove("name")
    definitions["Step"] = {
        "type": "object",
        "description": "a step, with its name beside its keys or as its only key",
        "anyOf": [keyed, one_key],
    }
    definitions["Steps"] = {
        "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Step"}}, {"$ref": "#/$defs/Step"}]
    }


def _name_of(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _name_checks(check: dict[str, Any], kinds: list[CheckType]) -> None:
    """The long form with the names that are known, and a short form for each."""
    long_form = {key: check.pop(key) for key in list(check) if key != "description"}
    long_form["properties"]["type"] |= {"enum": [*_names(kinds), *LOGIC]}
    short = {
        name: {"description": kind.description}
        for kind in kinds
        for name in (kind.name, *kind.aliases)
    }
    several = {"type": "array", "items": {"$ref": "#/$defs/Check"}}
    logic = {name: {**several, "description": f"{name} of these checks"} for name in LOGIC}
    short_form = {
        "type": "object",
        "properties": {**short, **logic},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    check["anyOf"] = [long_form, short_form]


def _enumerate(definition: dict[str, Any], names: list[str]) -> None:
    definition["properties"]["type"] |= {"enum": names}


def _names(parts: Iterable[CheckType | ExtractorType]) -> list[str]:
    return [name for part in parts for name in (part.name, *part.aliases)]
