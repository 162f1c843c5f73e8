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
from pytest_sisyphus.values.numbers import as_decimal, is_number
from pytest_sisyphus.values.surrogates import escape_surrogates

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_MISSING: Final = (
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
#: keywords whose own message names keys and not the whole value.
_SAID_WELL: Final = frozenset({"required", "additionalProperties", "dependentRequired"})


def check_schema(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
    errors = _errors(_validator(expected), selection.value)
    if not errors:
        return PASSED
    shown = "; ".join(_sentence(error, selection.path) for error in errors[:_MOST])
    more = f"; and {len(errors) - _MOST} more" if len(errors) > _MOST else ""
    return failed(f"Expected what the schema describes, but {shown}{more}")


def validate_schema(expected: Any) -> str | None:
    return problem_of(_validator, expected)


def _validator(schema: Any) -> "Validator":
    """Looks nothing up: a reference leads inside the schema or is an error."""
    if not isinstance(schema, Mapping):
        raise ConfigError(
            "expect must be a JSON Schema: a mapping, or the path of a file with one "
            "(schema: {…}, or schema: [path, {…}])"
        )
    if not schema.keys() - _ASKS_NOTHING:
        raise ConfigError("expect is a schema that asks for nothing: every value keeps to it")
    try:
        import jsonschema  # noqa: PLC0415 - an extra, and slow to import
        import jsonschema_specifications  # noqa: PLC0415 - comes with it
    except ImportError as error:
        raise ConfigError(_MISSING) from error
    made = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    try:
        made.check_schema(schema, format_checker=made.FORMAT_CHECKER)
    except (jsonschema.SchemaError, RecursionError) as error:
        path = path_of(getattr(error, "absolute_path", ()))
        message = getattr(error, "message", "nested too deeply")[:200]
        where = f"at {path}: " if path else ""
        raise ConfigError(f"expect is no JSON Schema: {where}{message}") from error
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
            f"the schema refers to {error.ref!r}, which is not in it; nothing is fetched"
        ) from error
    except RecursionError as error:
        raise ConfigError("the schema refers to itself without end") from error
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
    place = f"at {whole}{path_of(error.absolute_path)}: "
    if error.validator in _SAID_WELL:
        return f"{place}{escape_surrogates(error.message[:200])}"
    wanted = f"{error.validator}: {show(error.validator_value, 60)}"
    return f"{place}{show(error.instance, 60)} does not keep to {wanted}"
