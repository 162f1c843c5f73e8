"""Our own parts, by the hooks that users have."""

from collections.abc import Sequence
from typing import Any

from .checks.standard import CHECKS
from .extract.standard import standard_extractors
from .models.parts import AuthType, CheckType, ExtractorType, Function, Tools
from .render.functions import standard_functions
from .steps.auth import AUTH_TYPES
from .steps.concurrent import CONCURRENT
from .steps.database import DATABASE
from .steps.loop import LOOP
from .steps.poll import POLL
from .steps.protocol import StepType
from .steps.request import REQUEST
from .steps.script import SCRIPT
from .steps.wait import WAIT


def pytest_sisyphus_step_types() -> Sequence[StepType[Any]]:
    return (REQUEST, DATABASE, SCRIPT, WAIT, POLL, LOOP, CONCURRENT)


def pytest_sisyphus_checks() -> Sequence[CheckType]:
    return CHECKS


def pytest_sisyphus_extractors() -> Sequence[ExtractorType]:
    return standard_extractors()


def pytest_sisyphus_auth_types() -> Sequence[AuthType]:
    return AUTH_TYPES


def pytest_sisyphus_functions(tools: Tools) -> Sequence[Function]:
    return standard_functions(tools)
