"""The description as one HTML page that needs nothing but itself."""

import json
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from orchestrator.openapi.schemas import REF, Schema

_PAGES: Final = Environment(
    loader=PackageLoader("orchestrator.openapi", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def rendered(document: Schema) -> str:
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    names = [tag["name"] for tag in document["tags"]]
    return _PAGES.get_template("page.html.jinja").render(
        document=document,
        prefix=document["servers"][0]["url"],
        groups=[(name, [one for one in operations if name in one["tags"]]) for name in names],
        fields=lambda schema: _fields(schema, document["components"]["schemas"]),
        kind=kind,
        pretty=lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    )


def _fields(schema: Schema, parts: dict[str, Schema]) -> list[tuple[str, Schema, bool]]:
    """`(name, schema, required)` of an object, or of the first of its kinds."""
    while "properties" not in schema:
        if "$ref" in schema:
            schema = parts[schema["$ref"].removeprefix(REF)]
        elif "anyOf" in schema:
            schema = schema["anyOf"][0]
        else:
            return []
    required = schema.get("required", ())
    return [(name, part, name in required) for name, part in schema["properties"].items()]


def kind(schema: Schema) -> str:
    """`integer`, `string | null`, `CaseRow[]`."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(one) for one in schema["anyOf"]))
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        return f"{kind(schema.get('items', {}))}[]"
    types: Any = schema.get("type", "any")
    return types if isinstance(types, str) else " | ".join(types)
