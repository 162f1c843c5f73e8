"""The hooks by which a `conftest.py` or an installed plugin extends the dialect, in call order.

All are called in the process that collects and runs cases: every xdist worker, not the controller.
The plugin's own parts come by the same hooks (`standard.py`). Two parts of one kind may not share
a name. `docs/extending.md` is the manual.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .models.parts import AuthType, CheckType, ExtractorType, Function, Tools
    from .steps.protocol import StepType


@pytest.hookspec
def pytest_sisyphus_step_types() -> "Sequence[StepType[Any]]":  # type: ignore[empty-body]
    """Kinds of step. Called once for each collected file.

    Return `StepType`s: a name, a model of the keys such a step may have (a subclass of `StepSpec`,
    with a description on every field) and a function `(spec, context) -> Outcome`. Raise
    `SisyphusError`s in it; anything else is reported as a bug of the step type.
    """


@pytest.hookspec
def pytest_sisyphus_checks() -> "Sequence[CheckType]":  # type: ignore[empty-body]
    """Kinds of check. Called once for each collected file.

    Return `CheckType`s, whose `judge(selection, expected, *, strict)` answers with a `Verdict`.
    """


@pytest.hookspec
def pytest_sisyphus_extractors() -> "Sequence[ExtractorType]":  # type: ignore[empty-body]
    """Kinds of extractor. Called once for each collected file.

    Return `ExtractorType`s, whose `pick(subject, path, options)` answers with all values found.
    """


@pytest.hookspec
def pytest_sisyphus_auth_types() -> "Sequence[AuthType]":  # type: ignore[empty-body]
    """Ways to authenticate a request. Called once for each collected file.

    Return `AuthType`s, whose `make(keys)` gives what requests takes as `auth`: a callable that
    changes the prepared request and returns it.
    """


@pytest.hookspec
def pytest_sisyphus_functions(tools: "Tools") -> "Sequence[Function]":  # type: ignore[empty-body]
    """Functions for templates. Called for each collected file and before each case.

    `tools` has what such functions need to be repeatable: the case's own `random`, the `clock`.
    Return `Function`s; their arguments come from the template as plain values.
    """
