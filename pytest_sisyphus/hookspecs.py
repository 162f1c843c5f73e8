"""The hooks by which a `conftest.py` or an installed plugin extends the dialect.

All are called in the process that collects and runs cases: every xdist worker, not the controller.
The plugin's own extensions come by the same hooks (`builtin.py`). Two extensions of one kind may
not share a name. `docs/en/extending.md` is the manual; `run_cases(…, extensions=[module])` takes
modules with such functions too.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pluggy

if TYPE_CHECKING:
    from pytest_sisyphus.extensions.types import (
        AuthType,
        CheckType,
        ExtractorType,
        Function,
        FunctionContext,
    )
    from pytest_sisyphus.steps.protocol import StepType

_hookspec: Final = pluggy.HookspecMarker("pytest")


@_hookspec
def pytest_sisyphus_step_types() -> "Sequence[StepType[Any]]":  # type: ignore[empty-body]
    """Kinds of step. Called once for all files that see the same hooks.

    Return `StepType`s: a name, a model of the keys such a step may have (a subclass of `StepSpec`,
    with a description on every field) and a function `(spec, context) -> Outcome`. Raise
    `SisyphusError`s in it; anything else is reported as a bug of the step type. Example::

        def pytest_sisyphus_step_types():
            run = lambda spec, context: Outcome(document={"name": spec.name})
            return [StepType(name="echo", spec=StepSpec, run=run, description="says its name")]
    """


@_hookspec
def pytest_sisyphus_checks() -> "Sequence[CheckType]":  # type: ignore[empty-body]
    """Kinds of check. Called once for all files that see the same hooks.

    Return `CheckType`s, whose `check(selection, expected, *, strict)` returns a `CheckOutcome`.
    Example::

        def pytest_sisyphus_checks():
            def even(selection, expected, *, strict):
                is_odd = selection.value % 2
                return CheckOutcome(passed=False, error="it is odd") if is_odd else PASSED
            return [CheckType(name="even", check=even, default_expect=None, description="is even")]
    """


@_hookspec
def pytest_sisyphus_extractors() -> "Sequence[ExtractorType]":  # type: ignore[empty-body]
    """Kinds of extractor. Called once for all files that see the same hooks.

    Return `ExtractorType`s, whose `extract(step_data, path, options)` returns a tuple of all values
    found. Example::

        def pytest_sisyphus_extractors():
            words = lambda step_data, path, options: tuple(step_data.text.split())
            return [ExtractorType(name="words", extract=words, needs_path=False, description="…")]
    """


@_hookspec
def pytest_sisyphus_auth_types() -> "Sequence[AuthType]":  # type: ignore[empty-body]
    """Ways to authenticate a request. Called once for all files that see the same hooks.

    Return `AuthType`s, whose `make(keys)` returns what requests takes as `auth`: a callable that
    changes the prepared request and returns it. Example::

        def pytest_sisyphus_auth_types():
            make = lambda keys: requests.auth.HTTPBasicAuth("key", keys["key"])
            return [AuthType(name="api_key", keys={"key": "the key"}, make=make, description="…")]
    """


@_hookspec
def pytest_sisyphus_functions(context: "FunctionContext") -> "Sequence[Function]":  # type: ignore[empty-body]
    """Functions for templates. Called once for all files that see the same hooks, and in each run
    of a case when its first template that calls a function is rendered.

    `context` has what such functions need to be repeatable: the case's own `random`, the `clock`.
    Return `Function`s; their arguments come from the template as plain values. Example::

        def pytest_sisyphus_functions(context):
            die = lambda: context.random.randint(1, 6)
            return [Function(name="die", call=die, description="a number from 1 to 6")]
    """
