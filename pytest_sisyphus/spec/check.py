"""A check: its keys, and what of them it refuses."""

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
from pytest_sisyphus.i18n import marked, of_library, tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.spec.check_forms import (
    ASSERT_FORM,
    EACH_FORM,
    FORMS,
    LOGIC,
    long_form,
    registered_check,
)
from pytest_sisyphus.spec.compat import path_hint
from pytest_sisyphus.spec.context import (
    ValidationContext,
    context_of,
    invalid,
    locate,
)
from pytest_sisyphus.spec.fields import ConditionField, Flag, Note, Text, Value
from pytest_sisyphus.spec.model import Deferred, Model, has_template
from pytest_sisyphus.spec.numbers import Count
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import listed

#: keys that no `CheckType` takes.
_OF_FORMS: Final = frozenset({"sub_validations", "min", "condition"})
#: the fields of these keys.
_FIELDS_OF_FORMS: Final = frozenset({"sub_validations", "min_", "condition"})


class Check(Model):
    """`{type, path, expect, …}`, or short: `eq: [path, expected, description]`."""

    aliases: ClassVar[Mapping[str, str]] = {"expected": "expect", "desc": "description"}
    wanted: ClassVar[Mapping[str, str]] = {
        "path": marked(
            "a path is text such as $.code, got {value}; a variable is compared with "
            'assert: "${{name}} == 200"'
        )
    }

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
            written = long_form(written, context.checks)
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
            raise invalid(tr("{type!r} needs sub_validations: a list of checks", type=self.type))
        elif self.type == "each":
            self._validate_each(context_of(info))
        return self

    def _validate_condition(self) -> None:
        """One whose outcome is known before anything runs checks nothing."""
        condition = self.condition
        if condition is None or not condition.text.strip():
            location = self.location_of("condition") if "condition" in self.raw else None
            raise invalid(tr("'assert' needs a condition: {form}", form=tr(ASSERT_FORM)), location)
        if condition.is_constant:
            text = condition.text.strip()
            is_name = text.isidentifier() and text.lower() not in {"true", "false", "null", "none"}
            said = tr(
                "the condition {condition} reads no variable, so that no value could break it; "
                "write {form}{hint}",
                condition=text,
                form=tr(ASSERT_FORM),
                hint=tr("; the variable of that name is ${{{name}}}", name=text) if is_name else "",
            )
            raise invalid(said, self.location_of("condition"))

    def _refuse(self, wrong: Collection[str]) -> None:
        """Keys that checks have, and this one has not."""
        if not wrong:
            return
        keys = FORMS.get(self.type)
        key = next(one for one in self.raw if one in wrong)
        if keys:
            said = tr(
                "{type!r} takes no {key}; it takes {keys}",
                type=self.type,
                key=key,
                keys=listed(keys[1:]),
            )
        else:
            takers = [name for name, taken in FORMS.items() if key in taken]
            said = tr(
                "{type!r} takes no {key}; {takers} does"
                if len(takers) == 1
                else "{type!r} takes no {key}; {takers} do",
                type=self.type,
                key=key,
                takers=listed(takers),
            )
        raise invalid(said, self.location_of(key))

    def _validate_each(self, context: ValidationContext) -> None:
        if "path" not in self.model_fields_set:
            raise invalid(tr("'each' needs the path of a list: {form}", form=EACH_FORM))
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
                    tr(
                        "inside 'each' paths start at the element; {type!r} would read the "
                        "{source}, so that it belongs beside 'each'",
                        type=one.type,
                        source=source,
                    ),
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
            raise invalid(tr("{type!r} needs a path", type=self.type))
        if "expect" not in given and kind.default_expect is ...:
            said = tr("{type!r} needs expect: the value to compare with", type=self.type)
            raise invalid(said)
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
            said = tr("namespaces are those of an XPath, which needs source: xml or source: html")
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
            said = tr("exists looks for nodes; this XPath always gives a value: check it with eq")
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
            if not location:
                where = ".".join(map(str, path))
                problem = tr("{problem} (in it at {where})", problem=problem, where=where)  # noqa: PLW2901 - with its place
            error = invalid(problem, location or self.location_of("expect"))
            lines.append(InitErrorDetails(type=error, loc=("expect", *path), input=self.expect))
        if lines:
            raise ValidationError.from_exception_data(type(self).__name__, lines)


def _check_key_placement(written: LocatedDict) -> None:
    """Refuses what the check takes where it stands under another key or in another form."""
    kind = written.get("type")
    if kind == "schema" and "schema" in written:
        said = tr(
            "the schema stands under 'expect': {{type: schema, path: $, expect: {{…}}}}, or in "
            "short schema: [$, {{…}}]"
        )
        raise invalid(said, written.key_locations["schema"])
    checks = written.get("sub_validations")
    is_form = isinstance(kind, str) and kind in FORMS
    if not is_form or checks is None or isinstance(checks, tuple):
        return
    if not isinstance(checks, list) or not all(isinstance(one, dict | Check) for one in checks):
        form = EACH_FORM if kind == "each" else f"{kind}: [{{eq: [$.a, 1]}}, {{exists: $.b}}]"
        location = written.locations["sub_validations"]
        said = tr(
            "{type!r} takes a list of checks, each with its own '-': {form}", type=kind, form=form
        )
        raise invalid(said, location)


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
        reason = of_library(str(error.strerror))
        said = tr("cannot read {file!r}: {reason}", file=name, reason=reason)
        raise invalid(said, location) from error
    except (ValueError, RecursionError) as error:
        said = tr("{file!r} is no JSON: {problem}", file=name, problem=exact_json.message_of(error))
        raise invalid(said, location) from error
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
        hint = tr("; write each check with its own '-'")
    elif more not in known:
        hint = tr(", and no check has a key {key!r}{hint}", key=more, hint=near(str(more), known))
    elif taken and more not in taken:
        hint = tr(", nor {key!r} in full: it takes {keys}", key=more, keys=listed(taken[1:]))
    else:
        keys = taken[1:3] if taken else ("path", "expect")
        shown = ", ".join(dict.fromkeys([f"{one}: …" for one in (*keys, more)]))
        hint = tr("; more keys need the long form {form}", form=f"{{type: {name}, {shown}}}")
    said = tr("{name!r} in short takes no key beside it{hint}", name=name, hint=hint)
    raise invalid(said, written.key_locations[more])
