"""The interface of a step type: what it is given, and what it must return."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit
from pytest_sisyphus.location import Location
from pytest_sisyphus.results import Outcome, StepResult
from pytest_sisyphus.spec.called_case import CalledCase
from pytest_sisyphus.spec.config import TimeLimit
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.sql.databases import Databases
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values.record import record

if TYPE_CHECKING:
    from pytest_sisyphus.spec.mock import Mock

S_contra = TypeVar("S_contra", bound=StepSpec, contravariant=True)


@record
class Settings:
    """The case's `config` under its active profile, rendered."""

    limit: Limit
    #: with their templates, if they have some.
    headers: Mapping[str, Any]
    proxies: Mapping[str, str | None] | None
    #: the path of a CA file, or whether certificates are checked at all.
    verify_ssl: bool | str
    stop_on_failure: bool
    strict: bool
    #: the charset of a response's text that names none.
    default_encoding: str
    #: of the client: the path of a certificate, or of it and its key.
    cert: str | tuple[str, str] | None = None
    scripts: Literal["allow", "deny"] = "allow"
    mock: "Mock | None" = None
    #: the config's sections that single step types read, as written.
    sections: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class RunSteps(Protocol):
    """Runs steps inside a step; those after one that fails are skipped. Raises no SisyphusError.
    All of them are children of the step, and one that failed fails it: see `Outcome`.

    `round_` (from 1) makes their names unique: `child [2]`. `http` is for steps that run at the
    same time as others; without it they share their parent's session.
    """

    def __call__(
        self,
        steps: Sequence[StepSpec],
        scope: Scope,
        *,
        round_: int | None = None,
        http: HttpSession | None = None,
    ) -> tuple[StepResult, ...]: ...


@record
class CaseSteps:
    """What came of a case that was run inside a step."""

    #: of its setup, steps and teardown.
    results: tuple[StepResult, ...]
    #: of its steps alone.
    own: tuple[StepResult, ...]
    #: its variables, as it left them.
    scope: Scope


class RunCase(Protocol):
    """Runs another case, its setup and teardown around it, over the session of this step.

    `variables` go over all of its own. Raises ConfigError, TemplateError if it cannot begin.
    """

    def __call__(self, called: CalledCase, variables: Mapping[str, Any], /) -> CaseSteps: ...


@record
class StepContext:
    """All that a step may use besides its own spec."""

    scope: Scope
    clock: Clock
    http: HttpSession
    databases: Databases
    settings: Settings
    #: of one attempt of this step.
    limit: Limit
    #: `clock.tick()` at which the time of this step, or of one around it, is over.
    deadline: float = math.inf
    validation: ValidationContext
    #: a path written in the case file -> the file, inside the roots. Raises SpecError.
    resolve: Callable[[str, Location], Path]
    run_steps: RunSteps
    run_case: RunCase


def limit_of(written: TimeLimit | None, default: Limit) -> Limit:
    if written is None:
        return default
    total = default.total if written.total is None else written.total
    return Limit(
        total=total,
        connect=min(total, total if written.connect is None else written.connect),
        read=min(total, total if written.read is None else written.read),
    )


class Run(Protocol[S_contra]):
    """`spec` is rendered: every template outside its `Deferred` fields is replaced.

    Raises SisyphusError when there is nothing to bring; a failure that has a document to show
    belongs into `Outcome.error`.
    """

    def __call__(self, spec: S_contra, context: StepContext, /) -> Outcome: ...


S = TypeVar("S", bound=StepSpec)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StepType(Generic[S]):
    name: str
    aliases: tuple[str, ...] = ()
    #: the keys such a step may have: a model with a description on every field.
    spec: type[S]
    run: Run[S]
    description: str
    #: `config.retry_times` and `config.retry_policy` hold for it.
    retried: bool = False
