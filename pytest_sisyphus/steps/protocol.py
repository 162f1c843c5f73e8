"""What a kind of step is given, and what it must bring."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from ..clock import Clock
from ..dialect.config import TimeLimit
from ..dialect.mock import Mock
from ..dialect.reading import Reading
from ..dialect.step import StepSpec
from ..located import Place
from ..models.result import Outcome, StepResult
from ..render.scope import Scope
from ..transport.http import HttpSession, Limit
from .databases import Databases

S_contra = TypeVar("S_contra", bound=StepSpec, contravariant=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The case's `config` under its active profile, rendered."""

    limit: Limit
    headers: Mapping[str, str]
    proxies: Mapping[str, str | None] | None
    verify_ssl: bool
    stop_on_failure: bool
    strict: bool
    scripts: Literal["allow", "deny"] = "allow"
    mock: Mock | None = None
    #: the config's sections that single step types read, as written.
    sections: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class RunSteps(Protocol):
    """Runs steps inside a step; those after one that fails are skipped. Raises nothing of ours.

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


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepContext:
    """All that a step may use besides its own spec."""

    scope: Scope
    clock: Clock
    http: HttpSession
    databases: Databases
    settings: Settings
    #: of one attempt of this step.
    limit: Limit
    #: the moment (`clock.tick()`) at which the time of this step, or of one around it, is over.
    until: float = math.inf
    reading: Reading
    #: a path written in the case file -> the file, inside the roots. Raises SpecError.
    resolve: Callable[[str, Place], Path]
    run_steps: RunSteps


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
    """`spec` is rendered: every template outside its `Late` fields is replaced.

    Raises SisyphusError when there is nothing to bring; a failure that has a document to show
    belongs into `Outcome.error`.
    """

    def __call__(self, spec: S_contra, context: StepContext, /) -> Outcome: ...


S = TypeVar("S", bound=StepSpec)


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepType(Generic[S]):
    name: str
    aliases: tuple[str, ...] = ()
    #: the keys such a step may have: a model with a description on every field.
    spec: type[S]
    run: Run[S]
    description: str
    #: `config.retry_times` and `config.retry_policy` hold for it.
    retried: bool = False
