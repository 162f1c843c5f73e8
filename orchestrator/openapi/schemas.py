"""The JSON schemas of requests and answers, from the very models that read and show them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from orchestrator.openapi import field_docs

REF: Final = "#/components/schemas/"

Schema = dict[str, Any]


class _Untitled(GenerateJsonSchema):
    """Leaves out the `title` that pydantic gives every field: it repeats the name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's signature
        return False


def components(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """Each model, and what it is made of, by name; fields with their meaning and an example."""
    _, made = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        ref_template=f"{REF}{{model}}",
        schema_generator=_Untitled,
    )
    found: dict[str, Schema] = _standard(made["$defs"])
    for name, schema in found.items():
        schema.pop("description", None)  # a docstring for programmers
        schema["properties"] = {
            field: _explained(name, field, given)
            for field, given in schema.get("properties", {}).items()
        }
    return found


#: pydantic leaves its own words where a validator stands before a limit.
_LIMITS: Final = {"ge": "minimum", "le": "maximum"}


def _standard(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_standard(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {_LIMITS.get(name, name): _standard(one) for name, one in schema.items()}


def _explained(model: str, field: str, schema: Schema) -> Schema:
    """With meaning and example; an optional field is left out rather than null."""
    known = field_docs.of(model, field)
    if schema.get("default", ...) is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    if known is None:
        return schema
    text, example = known
    if "$ref" in schema or "$ref" in schema.get("items", {}):  # that has examples itself
        return schema | {"description": text}
    return schema | {"description": text, "examples": [example]}


def example(schema: Schema, parts: Mapping[str, Schema]) -> Any:
    """A value as one sees it: each field by its example, down to the last."""
    if "$ref" in schema:
        return example(parts[schema["$ref"].removeprefix(REF)], parts)
    if "$ref" in schema.get("items", {}):
        return [example(schema["items"], parts)]
    if "examples" in schema:
        return schema["examples"][0]
    if "properties" in schema:
        return {name: example(part, parts) for name, part in schema["properties"].items()}
    return schema.get("const", schema.get("default"))


def query_schema(schema: Schema) -> Schema:
    """Of a parameter: what is not given is left out, there is no null in a query."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return dict(schema)
    plain: Schema = {key: value for key, value in schema.items() if key != "anyOf"}
    return plain | dict(kinds[0])
