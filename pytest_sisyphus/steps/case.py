"""`type: case`: runs the steps of another case as steps inside this one."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from pytest_sisyphus.errors import ConfigError, SisyphusError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.called_case import Call, CalledCase
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid
from pytest_sisyphus.spec.fields import Text
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.spec.variable_names import VariableName, Variables
from pytest_sisyphus.steps.nested_results import skip_reason, summary
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.template.names import MISSING
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import short_json


def _returns(value: Any) -> Any:
    """A list of names is a mapping of each to itself."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return value
    if wrong := next((one for one in value if not isinstance(one, str)), None):
        raise invalid(tr("returns lists names of variables, got {got}", got=short_json(wrong)))
    if not isinstance(value, LocatedList):
        return {name: name for name in value}
    made = LocatedDict(value.location)
    for name, location in zip(value, value.locations, strict=True):
        made.put(name, name, location=location, key_location=location)
    return made


class CaseSpec(StepSpec):
    file: Annotated[Text, Field(description="relative to the file that names it, in the root")]
    case: Annotated[Text | None, Field(description="its name, where the file holds several")] = None
    variables: Annotated[Variables, Field(description="over the called case's own")] = {}
    returns: Annotated[
        dict[VariableName, Text],
        BeforeValidator(_returns),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "object", "additionalProperties": {"type": "string"}},
                ]
            }
        ),
        Field(description="variables afterwards: names, or new name: its name there"),
    ] = {}

    @model_validator(mode="after")
    def _can_be_called(self, info: ValidationInfo) -> "CaseSpec":
        context = context_of(info)
        is_literal = not is_template(self.file) and not is_template(self.case)
        if is_literal and not context.rendered:
            place = self.location_of("file")
            try:
                called = find_called(self, context)
            except ConfigError as error:
                raise invalid(str(error), place) from error
            if called.case.usefixtures:
                context.called_with_fixtures.append((called, place))
        return self


def find_called(spec: CaseSpec, context: ValidationContext) -> CalledCase:
    """Raises ConfigError for what cannot be called."""
    name = None if spec.case is None else str(spec.case)
    call = Call(file=str(spec.file), case=name, location=spec.location_of("file"))
    called: CalledCase = context.find_called(call, context)
    case, config = called.case, called.case.config
    if not case.enabled:
        raise ConfigError(
            tr(
                "the case {name!r} at {place} is switched off (enabled: false)",
                name=case.name,
                place=case.location,
            )
        )
    if config is not None and config.data_source is not None and config.data_iterations:
        raise ConfigError(
            tr(
                "the case {name!r} at {place} has a data_source: it is many cases, and none of "
                "them can be called; give the values as variables",
                name=case.name,
                place=case.location,
            )
        )
    return called


def run(spec: CaseSpec, context: StepContext) -> Outcome:
    place = spec.location_of("file")
    try:
        called = find_called(spec, context.validation)
        ran = context.run_case(called, spec.variables)
    except ConfigError as error:
        raise error.with_message(f"{place}: {error}") from error
    failed = next((one for one in ran.results if one.status.is_failure), None)
    skipped = skip_reason(ran.own)
    problem: SisyphusError | None = None
    returned: dict[str, Any] = {}
    if failed is not None and failed.error is not None:
        problem = failed.error.with_message(
            tr(
                "{location}: step {step!r} of the case {case!r} at {place}: {error}",
                location=spec.location,
                step=failed.name,
                case=called.case.name,
                place=failed.location,
                error=failed.error,
            )
        )
    elif not skipped:
        returned, problem = _returned(spec, ran.scope)
    return Outcome(
        document={
            "case": called.case.name,
            "file": called.file,
            **summary(ran.results),
            "returned": returned,
        },
        children=ran.results,
        variables=returned,
        error=problem,
        skip_reason="" if problem else skipped,
    )


def _returned(spec: CaseSpec, scope: Scope) -> tuple[dict[str, Any], ConfigError | None]:
    """The variables that the called case returns; an error for one that it left without a value."""
    values: dict[str, Any] = {}
    problem: ConfigError | None = None
    for new, old in spec.returns.items():
        value = scope.lookup(old)
        if value is not MISSING:
            values[new] = value
        elif problem is None:
            problem = ConfigError(
                tr(
                    "{location}: the called case set no variable {name!r}, which 'returns' "
                    "names{hint}",
                    location=spec.location_of("returns"),
                    name=old,
                    hint=near(old, scope.names),
                )
            )
    return values, problem
