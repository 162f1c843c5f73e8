"""An extension of each kind, as a user with a type checker writes them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import requests
from pydantic import Field

from pytest_sisyphus import (
    PASSED,
    AuthType,
    CheckOutcome,
    CheckType,
    ConfigError,
    ExtractorType,
    Function,
    FunctionContext,
    Int,
    Outcome,
    Selection,
    StepContext,
    StepData,
    Steps,
    StepSpec,
    StepStatus,
    StepType,
    Text,
)


def divisible(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    if selection.value % expected == 0:
        return PASSED
    error = f"{selection.value} is not divisible by {expected}"
    return CheckOutcome(passed=False, error=error)


def positive(expected: Any) -> str | None:
    return None if isinstance(expected, int) and expected > 0 else "expect is a number above 0"


def pytest_sisyphus_checks() -> Sequence[CheckType]:
    return [
        CheckType(
            name="divisible_by",
            check=divisible,
            validate_expected=positive,
            description="divides without rest",
        )
    ]


def words(step_data: StepData, path: str, options: Mapping[str, Any]) -> tuple[Any, ...]:
    found = str(step_data.document.get(path, step_data.text)).split()
    index: int | None = options["index"]
    return tuple(found) if index is None else tuple(found[index : index + 1])


def pytest_sisyphus_extractors() -> Sequence[ExtractorType]:
    return [ExtractorType(name="words", extract=words, description="the words of a text")]


class RepeatSpec(StepSpec):
    times: Annotated[Int, Field(ge=1, description="how often")]
    words: Annotated[Text, Field(description="what to say")]
    before: Annotated[Steps, Field(description="steps that run first")] = ()


def repeat(spec: RepeatSpec, context: StepContext) -> Outcome:
    children = context.run_steps(spec.before, context.scope)
    if any(child.status is StepStatus.ERROR for child in children):
        raise ConfigError("a step before it is broken")
    return Outcome(document={"said": " ".join([spec.words] * spec.times)}, children=children)


def pytest_sisyphus_step_types() -> Sequence[StepType[Any]]:
    return [StepType(name="repeat", spec=RepeatSpec, run=repeat, description="says it again")]


def pytest_sisyphus_functions(context: FunctionContext) -> Sequence[Function]:
    def order_number(prefix: str = "SO") -> str:
        return f"{prefix}{context.random.randrange(10**8):08d}"

    return [Function(name="order_number", call=order_number, description="a new order's number")]


def signed(
    keys: Mapping[str, Any],
) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        text = f"{keys['key']}{request.method}"
        request.headers["X-Signature"] = hashlib.sha256(text.encode()).hexdigest()
        return request

    return sign


def pytest_sisyphus_auth_types() -> Sequence[AuthType]:
    return [
        AuthType(name="signed", keys={"key": "the shared key"}, make=signed, description="signed")
    ]
