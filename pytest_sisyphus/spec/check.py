"""Checks and extractors as they are written, long forms and short."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails

from pytest_sisyphus.errors import ConfigError, problem_of
from pytest_sisyphus.extensions.registry import Registry, near
from pytest_sisyphus.extensions.types import CheckType
from pytest_sisyphus.extract.jsonpath.path import compile_path
from pytest_sisyphus.extract.select import MARKUP
from pytest_sisyphus.extract.xpath import as_namespaces, compile_xpath, gives_nodes
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.spec.compat import path_hint
from pytest_sisyphus.spec.context import (
    ValidationContext,
    context_of,
    invalid,
    locate,
    registered,
)
from pytest_sisyphus.spec.model import (
    ConditionField,
    Deferred,
    Flag,
    Int,
    Model,
    Note,
    Text,
    Value,
    has_template,
)
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.spec.numbers import Count
from pytest_sisyphus.spec.variable_names import VariableName
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import short_json

#: the checks that are made of other checks' outcomes.
LOGIC = ("and", "or", "not")
#: what is called a check and is no `CheckType`, with the keys that it takes.
FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(LOGIC, ("type", "sub_validations", "description")),
    "each": ("type", "path", "sub_validations", "min", "description", "source", "namespaces"),
    "assert": ("type", "condition", "description"),
}
#: keys that no `CheckType` takes.
_OF_FORMS: Final = frozenset({"sub_validations", "min", "condition"})
#: of them at least one stands in what is no short form.
_KEYS_OF_LONG_FORM: Final = frozenset({"path", "expect", "sub_validations", "condition"})
#: the fields of these keys.
_FIELDS_OF_FORMS: Final = frozenset({"sub_validations", "min_", "condition"})
_EACH_FORM: Final = "each: [$.items, [{gt: [$.price, 0]}]]"
_ASSERT_FORM: Final = 'assert: "${uid} == 7", or assert: ["${uid} == 7", description]'


class Check(Model):
    """`{type, path, expect, …}`, or short: `eq: [path, expected, description]`."""

    aliases: ClassVar[Mapping[str, str]] = {"expected": "expect", "desc": "description"}

    type: Annotated[str, Field(description="what is checked: eq, ne, contains, regex, …")]
    path: Annotated[Text, Field(description="JSONPath into the step's body or document")] = ""
    expect: Annotated[Value, Field(description="what the value is compared with")] = None
    description: Annotated[Note, Field(description="shown beside the result")] = ""
    source: Annotated[
        Literal["body", "response", "headers", "cookies", "text", "xml", "html"] | None,
        Field(description="where the path starts, if not at the body; of xml and html an XPath"),
    ] = None
    namespaces: Annotated[dict[str, str] | None, Field(description="of an XPath: prefix: URI")] = (
        None
    )
    strict: Annotated[Flag | None, Field(description="text never equals a number")] = None
    sub_validations: Annotated[
        tuple["Check", ...],
        Deferred,
        Field(description="the checks that and/or/not combine, or that each element must pass"),
    ] = ()
    min_: Annotated[
        Count, Field(alias="min", description="of each: elements there must be at least")
    ] = 1
    condition: Annotated[
        ConditionField | None, Deferred, Field(description="of assert: what must hold of variables")
    ] = None

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        written = super().normalise(value, context)
        is_long = "type" in written and not isinstance(written["type"], list)
        if not is_long and len(written) == 1:
            written = _long_form(written, context.checks)
        elif not is_long:
            _refuse_keys_beside_short_form(written, context.checks)
        if written.get("type") == "assert" and "expect" in written and "condition" not in written:
            # the condition stands under `expect`, as what is expected does in all other checks
            given, written = written, LocatedDict(written.location)
            for key in given:
                written.take(given, key, new_key="condition" if key == "expect" else key)
        _check_key_placement(written)
        return _with_file(written, context)

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "Check":
        if self.type not in FORMS:
            self._validate_type(context_of(info))
            if self.source in MARKUP or self.namespaces is not None:
                self._validate_path()
            return self
        self._refuse(self.raw.keys() - set(FORMS[self.type]))
        if self.type == "assert":
            self._validate_condition()
        elif not self.sub_validations:
            raise invalid(f"{self.type!r} needs sub_validations: a list of checks")
        elif self.type == "each":
            self._validate_each(context_of(info))
        return self

    def _validate_condition(self) -> None:
        """One whose outcome is known before anything runs checks nothing."""
        condition = self.condition
        if condition is None or not condition.text.strip():
            location = self.location_of("condition") if "condition" in self.raw else None
            raise invalid(f"'assert' needs a condition: {_ASSERT_FORM}", location)
        if condition.is_constant:
            text = condition.text.strip()
            is_name = text.isidentifier() and text.lower() not in {"true", "false", "null", "none"}
            variable = f"; the variable of that name is ${{{text}}}" if is_name else ""
            said = f"the condition {text} reads no variable, so that no value could break it"
            raise invalid(f"{said}; write {_ASSERT_FORM}{variable}", self.location_of("condition"))

    def _refuse(self, wrong: Collection[str]) -> None:
        """Keys that checks have, and this one has not."""
        if not wrong:
            return
        keys = FORMS.get(self.type)
        key = next(one for one in self.raw if one in wrong)
        takers = [name for name, taken in FORMS.items() if key in taken]
        verb = "does" if len(takers) == 1 else "do"
        hint = f"it takes {', '.join(keys[1:])}" if keys else f"{', '.join(takers)} {verb}"
        raise invalid(f"{self.type!r} takes no {key}; {hint}", self.location_of(key))

    def _validate_each(self, context: ValidationContext) -> None:
        if "path" not in self.model_fields_set:
            raise invalid(f"'each' needs the path of a list: {_EACH_FORM}")
        self._validate_path()
        if context.rendered:
            return
        pending = [*self.sub_validations]
        while pending:
            one = pending.pop()
            kind = None if one.type in FORMS else context.checks[one.type]
            source = one.source or (kind and kind.default_source)
            if source not in {None, "body"}:
                raise invalid(
                    f"inside 'each' paths start at the element; {one.type!r} would read the "
                    f"{source}, so that it belongs beside 'each'",
                    one.location_of("source" if one.source else "type"),
                )
            if one.type in LOGIC:
                pending += one.sub_validations

    def _validate_type(self, context: ValidationContext) -> None:
        kind = registered_check(context.checks, self.type, self.location_of("type"))
        given = self.model_fields_set
        if not _FIELDS_OF_FORMS.isdisjoint(given):
            self._refuse(self.raw.keys() & _OF_FORMS)
        if "path" not in given and self.path_of(kind) is ...:
            raise invalid(f"{self.type!r} needs a path")
        if "expect" not in given and kind.default_expect is ...:
            raise invalid(f"{self.type!r} needs expect: the value to compare with")
        is_path = "path" in given and self.source not in MARKUP and not is_template(self.path)
        if is_path and (problem := problem_of(compile_path, self.path)):
            raise invalid(f"{problem}{path_hint(self.path)}", self.location_of("path"))
        if "expect" in given and (context.rendered or not has_template(self.expect)):
            if problem := kind.validate_expected(self.expect):
                raise invalid(problem, self.location_of("expect"))
            self._validate_items(kind)

    def _validate_path(self) -> None:
        """A JSONPath, or of `source: xml` and `html` an XPath."""
        is_markup = self.source in MARKUP
        if self.namespaces is not None and not is_markup:
            said = "namespaces are those of an XPath, which needs source: xml or source: html"
            raise invalid(said, self.location_of("namespaces"))
        if is_template(self.path):
            return
        if is_markup:
            problem = problem_of(compile_xpath, str(self.path), as_namespaces(self.namespaces))
        else:
            problem = problem_of(compile_path, self.path)
        if problem:
            problem += "" if is_markup else path_hint(self.path)
            raise invalid(problem, self.location_of("path"))
        namespaces = as_namespaces(self.namespaces)
        if is_markup and self.type == "exists" and not gives_nodes(str(self.path), namespaces):
            said = "exists looks for nodes; this XPath always gives a value: check it with eq"
            raise invalid(said, self.location_of("path"))

    def path_of(self, kind: CheckType) -> Any:
        """Where it looks when no path is written; `...` when one must be."""
        if kind.default_path is ... and self.source == "text":
            return "$"
        return kind.default_path

    def _validate_items(self, kind: CheckType) -> None:
        lines: list[InitErrorDetails] = []
        for path, problem in kind.validate_expected_items(self.expect):
            location = locate(self.expect, path, key=True)
            # it may come from a file that remembers no locations
            at = "" if location else f" (in it at {'.'.join(map(str, path))})"
            error = invalid(f"{problem}{at}", location or self.location_of("expect"))
            lines.append(InitErrorDetails(type=error, loc=("expect", *path), input=self.expect))
        if lines:
            raise ValidationError.from_exception_data(type(self).__name__, lines)


def registered_check(kinds: Registry[CheckType], name: str, location: Location | None) -> CheckType:
    """Raises `invalid` with names that come near, of `FORMS` too."""
    if name not in kinds:
        form = "; write {type: eq, source: xml, path: //a, expect: …}" if name == "xpath" else ""
        said = f"no check {name!r}{form or near(name, (*kinds.names, *FORMS))}"
        raise invalid(said, location)
    return kinds[name]


def _check_key_placement(written: LocatedDict) -> None:
    """Refuses what the check takes where it stands under another key or in another form."""
    kind = written.get("type")
    if kind == "schema" and "schema" in written:
        form = "{type: schema, path: $, expect: {…}}, or in short schema: [$, {…}]"
        raise invalid(f"the schema stands under 'expect': {form}", written.key_locations["schema"])
    checks = written.get("sub_validations")
    if kind not in FORMS or checks is None or isinstance(checks, tuple):
        return
    if not isinstance(checks, list) or not all(isinstance(one, dict | Check) for one in checks):
        form = _EACH_FORM if kind == "each" else f"{kind}: [{{eq: [$.a, 1]}}, {{exists: $.b}}]"
        location = written.locations["sub_validations"]
        raise invalid(f"{kind!r} takes a list of checks, each with its own '-': {form}", location)


def _with_file(written: LocatedDict, context: ValidationContext) -> LocatedDict:
    """`expect` as the file that it names, for a check that takes one."""
    kind, name = str(written.get("type")), written.get("expect")
    takes_file = kind in context.checks and context.checks[kind].takes_file
    if not takes_file or not isinstance(name, str) or is_template(name):
        return written
    location = written.locations["expect"]
    made = written.only(written)
    try:
        content = context.resolve(name, location).read_bytes()
        made["expect"] = exact_json.loads_unique_keys(content)
    except ConfigError as error:
        raise invalid(str(error).removeprefix(f"{location.exact}: "), location) from error
    except OSError as error:
        raise invalid(f"cannot read {name!r}: {error.strerror}", location) from error
    except (ValueError, RecursionError) as error:
        raise invalid(f"{name!r} is no JSON: {error}", location) from error
    return made


def _long_form(written: LocatedDict, kinds: Registry[CheckType]) -> LocatedDict:
    """The long form of `name: value`."""
    (name,) = written
    value, location, key_location = (
        written[name],
        written.locations[name],
        written.key_locations[name],
    )
    if name not in FORMS:
        registered_check(kinds, name, key_location)
    made = LocatedDict(written.location)
    made.put("type", name, location=key_location, key_location=key_location)
    if isinstance(value, LocatedDict) and _KEYS_OF_LONG_FORM & value.keys():
        return made.merge(value)
    inside = (
        list(zip(value, value.locations, strict=True)) if isinstance(value, LocatedList) else []
    )
    for key, item in _short_values(name, value, kinds, location).items():
        own = next((there for one, there in inside if one is item), location)
        made.put(key, item, location=own, key_location=key_location)
    return made


def _refuse_keys_beside_short_form(written: LocatedDict, kinds: Registry[CheckType]) -> None:
    """`{each: […], min: 3}`; what names no check is left to be judged as a long form."""
    short = [one for one in written if one in FORMS or one in kinds]
    if not short:
        return
    name = short[0]
    more = next(one for one in written if one != name)
    taken = FORMS.get(name)
    known = [field.alias or key for key, field in Check.model_fields.items()]
    if more in short:
        form = "; write each check with its own '-'"
    elif more not in known:
        form = f", and no check has a key {more!r}{near(str(more), known)}"
    elif taken and more not in taken:
        form = f", nor {more!r} in full: it takes {', '.join(taken[1:])}"
    else:
        keys = taken[1:3] if taken else ("path", "expect")
        shown = ", ".join(dict.fromkeys([f"{one}: …" for one in (*keys, more)]))
        form = f"; more keys need the long form {{type: {name}, {shown}}}"
    raise invalid(f"{name!r} in short takes no key beside it{form}", written.key_locations[more])


def _short_values(
    name: str, value: Any, kinds: Registry[CheckType], location: Location
) -> dict[str, Any]:
    if name in LOGIC:
        return {"sub_validations": value}
    if name == "assert":
        return _condition_and_description(value, location)
    if name == "each":
        return _path_and_checks(value, location)
    kind = kinds[name]
    begins_with_path = isinstance(value, list) and str(next(iter(value), "")).startswith("$")
    if kind.default_path is not ... and not begins_with_path:
        return {"expect": value}
    return _path_and_rest(name, value, kind, location)


def _condition_and_description(value: Any, location: Location) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= 2 or isinstance(values[0], dict | list):
        raise invalid(f"write {_ASSERT_FORM}; got {short_json(value)}", location)
    if isinstance(values[0], str) and values[0].lstrip().startswith(("$.", "$[")):
        path = f"write a check with a path, as in eq: [{values[0].split()[0]}, 5]"
        said = f"'assert' is a condition on variables and takes no path; {path}"
        raise invalid(said, getattr(values[0], "location", location))
    if len(values) == 2 and not isinstance(values[1], str):
        said = f"after the condition of 'assert' stands a description; write {_ASSERT_FORM}"
        raise invalid(said, value.locations[1] if isinstance(value, LocatedList) else location)
    return dict(zip(("condition", "description"), values, strict=False))


def _path_and_checks(value: Any, location: Location) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    keys = ("path", "sub_validations", "description")
    if not 2 <= len(values) <= len(keys) or not isinstance(values[0], str):
        raise invalid(
            f"the short form is '{_EACH_FORM}', got {short_json(value)}; "
            "with min it is {type: each, path: $.items, min: 0, sub_validations: […]}",
            location,
        )
    return dict(zip(keys, values, strict=False))


def _path_and_rest(name: str, value: Any, kind: CheckType, location: Location) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    keys = ("path", "expect", "description")
    if not 1 <= len(values) <= len(keys) or not isinstance(values[0], str):
        raise invalid(
            f"the short form is '{name}: [path, {kind.short_expect}]' or "
            f"'{name}: [path, {kind.short_expect}, description]', got {short_json(value)}",
            location,
        )
    form = f"'{name}: [path, {kind.short_expect}]'"
    if len(values) == 1 and kind.default_expect is ...:
        hint = syntax_hint(values[0], anywhere=True)
        raise invalid(f"{name!r} needs an expected value: {form}{hint}", location)
    if len(values) == len(keys) and not isinstance(values[2], str):
        third = value.locations[2] if isinstance(value, LocatedList) else location
        raise invalid(f"after what {name!r} expects stands a description; write {form}", third)
    return dict(zip(keys, values, strict=False))


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

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "Extractor":
        context = context_of(info)
        kind = registered(context.extractors, self.type, self.location_of("type"))
        if kind.needs_path and not self.path:
            raise invalid(f"extractor type {self.type!r} needs a path")
        if self.namespaces is not None and self.type != "xpath":
            said = f"namespaces are those of an XPath; extractor type {self.type!r} takes none"
            raise invalid(said, self.location_of("namespaces"))
        if self.path and (context.rendered or not is_template(self.path)):
            if problem := kind.validate_path(self.path):
                hint = path_hint(self.path) if kind.name == "jsonpath" else ""
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
