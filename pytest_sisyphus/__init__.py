"""YAML API cases as pytest items, and the link to an orchestrator.

What stands in `__all__` is for extensions of the dialect and for programs that run cases; every
other module is the package's own. Nothing is imported until it is asked for.

No assertion here is for pytest to rewrite: PYTEST_DONT_REWRITE.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder

TYPE_CHECKING = False  # as typing's, which is not loaded for that
if TYPE_CHECKING:
    from pytest_sisyphus.embedding import CaseReport, CaseText, run_cases
    from pytest_sisyphus.errors import (
        CheckFailed,
        ConfigError,
        ConnectionFailed,
        DatabaseFailed,
        ExtensionError,
        Interrupted,
        NetworkFailed,
        NotFulfilled,
        ProtocolViolated,
        ResponseInvalid,
        ScriptFailed,
        SisyphusError,
        TemplateError,
        TimedOut,
    )
    from pytest_sisyphus.extensions.types import (
        PASSED,
        AuthType,
        CheckFunction,
        CheckOutcome,
        CheckType,
        ExtractorType,
        Function,
        FunctionContext,
        Selection,
        StepData,
    )
    from pytest_sisyphus.location import Location
    from pytest_sisyphus.results import (
        Attempt,
        CaseResult,
        CaseStatus,
        CheckResult,
        Outcome,
        StepResult,
        StepStatus,
    )
    from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
    from pytest_sisyphus.spec.fields import (
        ConditionField,
        Content,
        ContentMapping,
        Flag,
        Int,
        MappingField,
        Number,
        Text,
        Value,
    )
    from pytest_sisyphus.spec.model import Model
    from pytest_sisyphus.spec.step import Steps, StepSpec
    from pytest_sisyphus.steps.protocol import StepContext, StepType

__all__ = [
    "PASSED",
    "Attempt",
    "AuthType",
    "CaseReport",
    "CaseResult",
    "CaseStatus",
    "CaseText",
    "CheckFailed",
    "CheckFunction",
    "CheckOutcome",
    "CheckResult",
    "CheckType",
    "ConditionField",
    "ConfigError",
    "ConnectionFailed",
    "Content",
    "ContentMapping",
    "DatabaseFailed",
    "Diagnostic",
    "ExtensionError",
    "ExtractorType",
    "Flag",
    "Function",
    "FunctionContext",
    "Int",
    "Interrupted",
    "Location",
    "MappingField",
    "Model",
    "NetworkFailed",
    "NotFulfilled",
    "Number",
    "Outcome",
    "ProtocolViolated",
    "ResponseInvalid",
    "ScriptFailed",
    "Selection",
    "SisyphusError",
    "SpecError",
    "StepContext",
    "StepData",
    "StepResult",
    "StepSpec",
    "StepStatus",
    "StepType",
    "Steps",
    "TemplateError",
    "Text",
    "TimedOut",
    "Value",
    "run_cases",
]

#: where each of them stands.
_MODULES = {
    "embedding": ("CaseReport", "CaseText", "run_cases"),
    "errors": (
        *("CheckFailed", "ConfigError", "ConnectionFailed", "DatabaseFailed", "ExtensionError"),
        *("Interrupted", "NetworkFailed", "NotFulfilled", "ProtocolViolated", "ResponseInvalid"),
        *("ScriptFailed", "SisyphusError", "TemplateError", "TimedOut"),
    ),
    "extensions.types": (
        *("PASSED", "AuthType", "CheckFunction", "CheckOutcome", "CheckType", "ExtractorType"),
        *("Function", "FunctionContext", "Selection", "StepData"),
    ),
    "location": ("Location",),
    "results": (
        *("Attempt", "CaseResult", "CaseStatus", "CheckResult", "Outcome", "StepResult"),
        "StepStatus",
    ),
    "source.diagnostics": ("Diagnostic", "SpecError"),
    "spec.fields": (
        *("ConditionField", "Content", "ContentMapping", "Flag", "Int", "MappingField", "Number"),
        *("Text", "Value"),
    ),
    "spec.model": ("Model",),
    "spec.step": ("StepSpec", "Steps"),
    "steps.protocol": ("StepContext", "StepType"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # a type checker takes any name of a module that has a `__getattr__`

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _OwnModules:
    """Finds them before pytest does, which loads each module of a plugin's package in a way of its
    own, also where it has nothing to rewrite: that takes twice as long."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None,
        target: object = None,  # noqa: ARG004 - a finder is given one
    ) -> ModuleSpec | None:
        if not name.startswith(f"{__name__}."):
            return None
        return PathFinder.find_spec(name, path)


sys.meta_path.insert(0, _OwnModules())
