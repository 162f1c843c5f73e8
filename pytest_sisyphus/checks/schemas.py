"""JSON Schema through the jsonschema library, which may be absent."""

import itertools
from collections.abc import Iterator, Mapping
from decimal import Context
from typing import TYPE_CHECKING, Any, Final

from pytest_sisyphus.checks.equality import path_of
from pytest_sisyphus.checks.factories import failed
from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.errors import ConfigError, problem_of
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, Selection
from pytest_sisyphus.extract.regex import compile_pattern, search
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.i18n.foreign import translated
from pytest_sisyphus.values.numbers import as_decimal, is_number
from pytest_sisyphus.values.surrogates import escape_surrogates

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_MISSING: Final = marked(
    "the schema check needs the library jsonschema: pip install 'pytest-sisyphus[schema]'"
)
_MOST: Final = 3
#: room for all digits of the quotient of any two numbers.
_EXACT: Final = Context(prec=25_000)
_LOOKED_AT: Final = 100
#: keywords that no value breaks.
_ASKS_NOTHING: Final = frozenset(
    [
        *("$schema", "$id", "id", "$anchor", "$comment", "$defs", "definitions", "$vocabulary"),
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
    ]
)
_OF_METASCHEMA: Final = (
    marked("{value} is not valid under any of the given schemas"),
    marked("{value} is not of type {type}"),
    marked("{value} is not one of {values}"),
    marked("{value} is not a {format}"),
)
#: keywords whose own message names keys and not the whole value.
_SAID_WELL: Final = {
    "required": [marked("{keys} is a required property")],
    "additionalProperties": [
        marked("Additional properties are not allowed ({keys} was unexpected)"),
        marked("Additional properties are not allowed ({keys} were unexpected)"),
    ],
    "dependentRequired": [marked("{keys} is a dependency of {key}")],
}


def check_schema(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
    errors = _errors(_validator(expected), selection.value)
    if not errors:
        return PASSED
    shown = [_sentence(error, selection.path) for error in errors[:_MOST]]
    if len(errors) > _MOST:
        shown.append(tr("and {count} more", count=len(errors) - _MOST))
    return failed(
        tr(
            "Expected what the schema describes, but {differences}",
            differences=tr("; ").join(shown),
        )
    )


def validate_schema(expected: Any) -> str | None:
    return problem_of(_validator, expected)


def _validator(schema: Any) -> "Validator":
    """Looks nothing up: a reference leads inside the schema or is an error."""
    if not isinstance(schema, Mapping):
        raise ConfigError(
            tr(
                "expect must be a JSON Schema: a mapping, or the path of a file with one "
                "(schema: {{…}}, or schema: [path, {{…}}])"
            )
        )
    if not schema.keys() - _ASKS_NOTHING:
        raise ConfigError(tr("expect is a schema that asks for nothing: every value keeps to it"))
    try:
        import jsonschema  # noqa: PLC0415 - an extra, and slow to import
        import jsonschema_specifications  # noqa: PLC0415 - comes with it
    except ImportError as error:
        raise ConfigError(tr(_MISSING)) from error
    made = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    try:
        made.check_schema(schema, format_checker=made.FORMAT_CHECKER)
    except (jsonschema.SchemaError, RecursionError) as error:
        path = path_of(getattr(error, "absolute_path", ()))
        said = str(getattr(error, "message", tr("nested too deeply")))
        reason = translated(said, _OF_METASCHEMA)[:200]
        raise ConfigError(
            tr("expect is no JSON Schema: at {place}: {reason}", place=path, reason=reason)
            if path
            else tr("expect is no JSON Schema: {reason}", reason=reason)
        ) from error
    kind = jsonschema.validators.extend(made, {"pattern": _pattern, "multipleOf": _multiple_of})
    return kind(
        dict(schema),
        registry=jsonschema_specifications.REGISTRY,
        format_checker=made.FORMAT_CHECKER,  # without it `format` would be a mere note
    )


def _errors(validator: "Validator", value: Any) -> list["ValidationError"]:
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - comes with jsonschema

    try:
        errors = list(itertools.islice(validator.iter_errors(value), _LOOKED_AT))
    except Unresolvable as error:
        raise ConfigError(
            tr(
                "the schema refers to {ref!r}, which is not in it; nothing is fetched",
                ref=error.ref,
            )
        ) from error
    except RecursionError as error:
        raise ConfigError(tr("the schema refers to itself without end")) from error
    return sorted(errors, key=lambda error: list(map(str, error.absolute_path)))


def _pattern(
    validator: Any,  # noqa: ARG001 - the library's shape
    pattern: str,
    instance: Any,
    schema: Any,  # noqa: ARG001 - the library's shape
) -> "Iterator[ValidationError]":
    """The library's own has no time limit."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - an extra

    if isinstance(instance, str) and not search(compile_pattern(pattern), instance):
        yield ValidationError(f"{show(instance)} does not match {pattern!r}")


def _multiple_of(
    validator: Any,  # noqa: ARG001 - the library's shape
    factor: Any,
    instance: Any,
    schema: Any,  # noqa: ARG001 - the library's shape
) -> "Iterator[ValidationError]":
    """The library's own divides doubles, for which 0.07 is no multiple of 0.01."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - an extra

    if is_number(instance) and _EXACT.remainder(as_decimal(instance), as_decimal(factor)):
        yield ValidationError(f"{show(instance)} is not a multiple of {show(factor)}")


def _sentence(error: "ValidationError", whole: str) -> str:
    place = f"{whole}{path_of(error.absolute_path)}"
    if messages := _SAID_WELL.get(str(error.validator)):
        said = translated(error.message, messages)[:200]
        return tr("at {place}: {said}", place=place, said=escape_surrogates(said))
    return tr(
        "at {place}: {got} does not keep to {keyword}: {wanted}",
        place=place,
        got=show(error.instance, 60),
        keyword=error.validator,
        wanted=show(error.validator_value, 60),
    )
