"""Checks and extractors as they are written, long forms and short."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails

from .. import jsontext
from ..errors import ConfigError
from ..extract.jsonpath import compile_path
from ..located import LocatedDict, LocatedList, Place, texts
from ..models.parts import CheckType, ExtractorType
from ..render.template import is_template
from .model import Flag, Late, Model, Remark, Text, Value, Whole
from .names import VariableName
from .notation import slip
from .reading import Reading, locate, reading, refuse, shown

LOGIC = ("and", "or", "not")


class Check(Model):
    """`{type, path, expect, …}`, or short: `eq: [path, expected, description]`."""

    also_spelled: ClassVar[Mapping[str, str]] = {"expected": "expect", "desc": "description"}

    type: Annotated[str, Field(description="what is checked: eq, ne, contains, regex, …")]
    path: Annotated[Text, Field(description="JSONPath into the step's body or document")] = ""
    expect: Annotated[Value, Field(description="what the value is compared with")] = None
    description: Annotated[Remark, Field(description="shown beside the result")] = ""
    source: Annotated[
        Literal["body", "response", "headers", "cookies", "text"] | None,
        Field(description="where the path starts, if not at the body"),
    ] = None
    strict: Annotated[Flag | None, Field(description="text never equals a number")] = None
    sub_validations: Annotated[
        tuple["Check", ...], Late, Field(description="the checks that and/or/not combine")
    ] = ()

    @classmethod
    def normalise(cls, value: Any, info: ValidationInfo) -> LocatedDict:
        written = super().normalise(value, info)
        is_long = "type" in written and not isinstance(written["type"], list)
        if not is_long and len(written) == 1:
            written = _long_form(written, reading(info).checks)
        _refuse_wrong_homes(written)
        return _with_file(written, reading(info))

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "Check":
        if self.type in LOGIC:
            if not self.sub_validations:
                raise refuse(f"{self.type!r} needs sub_validations: a list of checks")
        else:
            self._complete_type(info)
        return self

    def _complete_type(self, info: ValidationInfo) -> None:
        context = reading(info)
        try:
            kind = context.checks[self.type]
        except ConfigError as error:
            raise refuse(str(error), self.place_of("type")) from error
        given = self.model_fields_set
        if "sub_validations" in given:
            raise refuse(
                f"{self.type!r} takes no sub_validations; and, or, not do",
                self.place_of("sub_validations"),
            )
        if "path" not in given and self.path_of(kind) is ...:
            raise refuse(f"{self.type!r} needs a path")
        if "expect" not in given and kind.default_expect is ...:
            raise refuse(f"{self.type!r} needs expect: the value to compare with")
        self._refuse_unreadable_path()
        if "expect" in given and (context.rendered or not _has_template(self.expect)):
            complaint = kind.complain(self.expect)
            if complaint:
                raise refuse(complaint, self.place_of("expect"))
            self._refuse_inside(kind)

    def path_of(self, kind: CheckType) -> Any:
        """Where it looks when no path is written; `...` when one must be."""
        if kind.default_path is ... and self.source == "text":
            return "$"
        return kind.default_path

    def _refuse_inside(self, kind: CheckType) -> None:
        lines = [self._line(*one) for one in kind.complain_inside(self.expect)]
        if lines:
            raise ValidationError.from_exception_data(type(self).__name__, lines)

    def _line(self, path: tuple[str | int, ...], message: str) -> InitErrorDetails:
        place = locate(self.expect, path, key=True)
        if place is None:  # it came from a file that remembers no places
            message = f"{message} (in it at {'.'.join(map(str, path))})"
        refused = refuse(message, place or self.place_of("expect"))
        return InitErrorDetails(type=refused, loc=("expect", *path), input=self.expect)

    def _refuse_unreadable_path(self) -> None:
        if "path" in self.model_fields_set and not is_template(self.path):
            try:
                compile_path(self.path)
            except ConfigError as error:
                raise refuse(str(error), self.place_of("path")) from error


def _refuse_wrong_homes(written: LocatedDict) -> None:
    """Of what the check takes, where it stands under another key or in another form."""
    kind = written.get("type")
    if kind == "schema" and "schema" in written:
        form = "{type: schema, path: $, expect: {…}}, or in short schema: [$, {…}]"
        raise refuse(f"the schema stands under 'expect': {form}", written.key_places["schema"])
    checks = written.get("sub_validations")
    if kind in LOGIC and checks is not None and not _are_checks(checks):
        form = f"{kind}: [{{eq: [$.a, 1]}}, {{exists: $.b}}]"
        place = written.places["sub_validations"]
        raise refuse(f"{kind!r} takes a list of checks, each with its own '-': {form}", place)


def _are_checks(value: Any) -> bool:
    return isinstance(value, tuple) or (
        isinstance(value, list) and all(isinstance(one, dict | Check) for one in value)
    )


def _with_file(written: LocatedDict, context: Reading) -> LocatedDict:
    """`expect` as the file that it names, for a check that takes one."""
    kind, name = str(written.get("type")), written.get("expect")
    takes_file = kind in context.checks and context.checks[kind].takes_file
    if not takes_file or not isinstance(name, str) or is_template(name):
        return written
    made, place = LocatedDict(written.place), written.places["expect"]
    for key, item in written.items():
        made.put(key, item, place=written.places[key], key_place=written.key_places[key])
    made["expect"] = _json_file(name, place, context)
    return made


def _json_file(name: str, place: Place, context: Reading) -> Any:
    try:
        return jsontext.loads_foreign(context.resolve(name, place).read_bytes())
    except ConfigError as error:
        raise refuse(str(error).removeprefix(f"{place.exact}: "), place) from error
    except OSError as error:
        raise refuse(f"cannot read {name!r}: {error.strerror}", place) from error
    except (ValueError, RecursionError) as error:
        raise refuse(f"{name!r} is no JSON: {error}", place) from error


def _has_template(value: Any) -> bool:
    return any(map(is_template, texts(value)))


def _long_form(written: LocatedDict, kinds: Any) -> LocatedDict:
    (name,) = written
    place, key_place = written.places[name], written.key_places[name]
    made = LocatedDict(written.place)
    if name not in LOGIC and name not in kinds:
        try:
            kinds[name]
        except ConfigError as error:
            raise refuse(str(error), key_place) from error
    made.put("type", name, place=key_place, key_place=key_place)
    value = written[name]
    for key, item in _short_values(name, value, kinds, place).items():
        made.put(key, item, place=_place_within(value, item, place), key_place=key_place)
    return made


def _place_within(value: Any, item: Any, place: Place) -> Place:
    """Of an item of a short form, which is one of its list, or all of it."""
    inside = zip(value, value.places, strict=True) if isinstance(value, LocatedList) else ()
    return next((there for one, there in inside if one is item), place)


def _short_values(name: str, value: Any, kinds: Any, place: Place) -> dict[str, Any]:
    if name in LOGIC:
        return {"sub_validations": value}
    if isinstance(value, dict) and {"path", "expect"} & value.keys():
        return dict(value)
    kind: CheckType = kinds[name]
    if kind.default_path is not ... and not _begins_with_path(value):
        return {"expect": value}
    return _path_and_rest(name, value, kind, place)


def _begins_with_path(value: Any) -> bool:
    return isinstance(value, list) and str(next(iter(value), "")).startswith("$")


def _path_and_rest(name: str, value: Any, kind: CheckType, place: Place) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    keys = ("path", "expect", "description")
    if not 1 <= len(values) <= len(keys) or not isinstance(values[0], str):
        raise refuse(
            f"the short form is '{name}: [path, {kind.short_expect}]' or "
            f"'{name}: [path, {kind.short_expect}, description]', got {shown(value)}",
            place,
        )
    form = f"'{name}: [path, {kind.short_expect}]'"
    if len(values) == 1 and kind.default_expect is ...:
        hint = slip(values[0], anywhere=True)
        raise refuse(f"{name!r} needs an expected value: {form}{hint}", place)
    if len(values) == len(keys) and not isinstance(values[2], str):
        third = value.places[2] if isinstance(value, LocatedList) else place
        raise refuse(f"after what {name!r} expects stands a description; write {form}", third)
    return dict(zip(keys, values, strict=False))


class Extractor(Model):
    """`{name, type, path, …}`; in the short mapping `{name: path}` a list of them."""

    also_spelled: ClassVar[Mapping[str, str]] = {"pattern": "path", "expression": "path"}

    name: Annotated[VariableName, Field(description="the variable that takes the value")]
    type: Annotated[str, Field(description="jsonpath, regex, header, cookie, status, body")] = (
        "jsonpath"
    )
    path: Annotated[Text, Field(description="JSONPath, pattern, or header or cookie name")] = ""
    index: Annotated[Whole | None, Field(description="which of several matches")] = None
    group: Annotated[Value, Field(description="group of a regex")] = None
    default: Annotated[Value, Field(description="the value when nothing matches")] = None
    required: Annotated[Flag, Field(description="no match fails the step")] = True
    description: Annotated[Remark, Field(description="a remark")] = ""

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "Extractor":
        context = reading(info)
        try:
            kind = context.extractors[self.type]
        except ConfigError as error:
            raise refuse(str(error), self.place_of("type")) from error
        if kind.needs_path and not self.path:
            raise refuse(f"extractor type {self.type!r} needs a path")
        if self.path and (context.rendered or not is_template(self.path)):
            complaint = kind.complain(self.path)
            if complaint:
                raise refuse(complaint, self.place_of("path"))
            self._refuse_unknown_group(kind, context)
        return self

    def _refuse_unknown_group(self, kind: ExtractorType, context: Reading) -> None:
        if context.rendered or not _has_template(self.group):
            complaint = kind.complain_options(self.path, {"group": self.group})
            if complaint:
                raise refuse(complaint, self.place_of("group"))


def extractors_spelled_out(value: Any) -> Any:
    """`{token: $.data.token}` becomes the list of extractors it stands for."""
    if not isinstance(value, LocatedDict) or {"name", "type"} & value.keys():
        return [value] if isinstance(value, dict) else value
    return [_short_extractor(value, name) for name in value]


def _short_extractor(value: LocatedDict, name: Any) -> LocatedDict:
    place, key_place = value.places[name], value.key_places[name]
    made = LocatedDict(key_place)
    written = value[name]
    rest = written if isinstance(written, LocatedDict) else None
    made.put("name", name, place=key_place, key_place=key_place)
    if rest is None:
        made.put("path", written, place=place, key_place=key_place)
        return made
    for key, item in rest.items():
        made.put(key, item, place=rest.places[key], key_place=rest.key_places[key])
    return made
