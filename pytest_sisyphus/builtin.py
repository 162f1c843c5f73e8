"""The plugin's own step types, checks, extractors, functions, auth types: by the hooks of users."""

from collections.abc import Sequence
from typing import Any, Final

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.extensions.types import (
    AuthType,
    CheckType,
    ExtractorType,
    Function,
    FunctionContext,
)
from pytest_sisyphus.extract.builtin import builtin_extractors
from pytest_sisyphus.steps.auth import AUTH_TYPES
from pytest_sisyphus.steps.builtin import BuiltinStepType
from pytest_sisyphus.steps.protocol import StepType
from pytest_sisyphus.template.functions import builtin_functions

STEP_TYPES: Final = (
    BuiltinStepType(
        name="request",
        aliases=("http", "api"),
        description="one HTTP request; cookies and connections are shared by the steps of a case",
        retried=True,
    ),
    BuiltinStepType(
        name="database",
        description="SQL on SQLite, PostgreSQL, MySQL or MariaDB; each step commits by itself",
        retried=True,
    ),
    BuiltinStepType(
        name="script",
        description="Python or JavaScript in its own process, bounded in time and memory",
    ),
    BuiltinStepType(
        name="wait",
        description="waits some seconds, or until a condition holds",
    ),
    BuiltinStepType(
        name="poll",
        description="repeats a request until a condition holds; checks look at its last answer",
    ),
    BuiltinStepType(
        name="loop",
        description="runs its steps a number of times, while a condition holds, or for each item",
    ),
    BuiltinStepType(
        name="concurrent",
        description="runs its steps at the same time, each on a copy of the variables and cookies",
    ),
    BuiltinStepType(
        name="case",
        description="runs another case over the same session, and takes over what it returns",
    ),
)


def pytest_sisyphus_step_types() -> Sequence[StepType[Any]]:
    return STEP_TYPES


def pytest_sisyphus_checks() -> Sequence[CheckType]:
    return CHECKS


def pytest_sisyphus_extractors() -> Sequence[ExtractorType]:
    return builtin_extractors()


def pytest_sisyphus_auth_types() -> Sequence[AuthType]:
    return AUTH_TYPES


def pytest_sisyphus_functions(context: FunctionContext) -> Sequence[Function]:
    return builtin_functions(context)
