"""Extractors as they are written, as a list and as a short mapping."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.spec.compat import as_path, path_hint, pattern_hint
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid, registered
from pytest_sisyphus.spec.fields import Flag, Int, Note, Text, Value
from pytest_sisyphus.spec.model import Model, has_template
from pytest_sisyphus.spec.variable_names import VariableName
from pytest_sisyphus.template.template import is_template


class Extractor(Model):
    """`{name, type, path, …}`; in the short mapping `{name: path}` a list of them."""

    aliases: ClassVar[Mapping[str, str]] = {"pattern": "path", "expression": "path"}

    name: Annotated[VariableName, Field(description="the variable that takes the value")]
    type: Annotated[
        str, Field(description="jsonpath, regex, header, cookie, status, body, xpath")
    ] = "jsonpath"
    path: Annotated[Text, Field(description="JSONPath, pattern, or header or cookie name")] = ""
    index: Annotated[Int | None, Field(description="which of several matches")] = None
    group: Annotated[Value, Field(description="group of a regex")] = None
    namespaces: Annotated[dict[str, str] | None, Field(description="of an XPath: prefix: URI")] = (
        None
    )
    default: Annotated[Value, Field(description="the value when nothing matches")] = None
    required: Annotated[Flag, Field(description="no match fails the step")] = True
    description: Annotated[Note, Field(description="a remark")] = ""

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        written = super().normalise(value, context)
        if len(written) == 1 and not written.keys() & cls.keys().keys():
            ((name, path),) = written.items()
            shown = as_path(path) if isinstance(path, str) else "…"
            said = tr(
                "in a list an extractor is {{name: …, path: …}}; in short, without the '-', it is "
                "extractors: {{{name}: {path}}}",
                name=name,
                path=shown,
            )
            raise invalid(said, written.key_locations[name])
        return written

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "Extractor":
        context = context_of(info)
        kind = registered(context.extractors, self.type, self.location_of("type"))
        if kind.needs_path and not self.path:
            raise invalid(tr("extractor type {type!r} needs a path", type=self.type))
        if self.namespaces is not None and self.type != "xpath":
            said = tr(
                "namespaces are those of an XPath; extractor type {type!r} takes none",
                type=self.type,
            )
            raise invalid(said, self.location_of("namespaces"))
        if self.path and (context.rendered or not is_template(self.path)):
            if problem := kind.validate_path(self.path):
                is_path = kind.name == "jsonpath"
                hint = path_hint(self.path) or pattern_hint(self.path) if is_path else ""
                raise invalid(f"{problem}{hint}", self.location_of("path"))
            is_final = context.rendered or not has_template(self.group)
            options = {"group": self.group, "namespaces": self.namespaces}
            if is_final and (problem := kind.validate_options(self.path, options)):
                raise invalid(
                    problem, self.location_of("group" if self.is_set("group") else "path")
                )
        return self


def expand_extractors(value: Any) -> Any:
    """`{token: $.data.token}` becomes the list of extractors it stands for."""
    if not isinstance(value, LocatedDict) or {"name", "type"} & value.keys():
        return [value] if isinstance(value, dict) else value
    extractors: list[LocatedDict] = []
    for name, written in value.items():
        location, key_location = value.locations[name], value.key_locations[name]
        made = LocatedDict.of({"name": name}, key_location)
        if isinstance(written, LocatedDict):
            made.merge(written)
        else:
            made.put("path", written, location=location, key_location=key_location)
        extractors.append(made)
    return extractors
