"""How this run was asked for, as one frozen value. `command_line` makes it."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import pytest

REPORT_FORMATS: Final = ("json", "json-compact", "csv", "csv-compact", "html", "junit", "allure")


class Secret(str):
    """Text that prints as stars; `reveal()` is its only way out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***" if self else "", spec)

    def reveal(self) -> str:
        return str.__str__(self)


NO_SECRET: Final = Secret()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """One `--sisyphus-report FORMAT:PATH`."""

    format: str
    path: Path
    #: PATH ended in a slash: one file per case (json).
    is_folder: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Build:
    """The Jenkins build this run is part of, as Jenkins names it; empty elsewhere."""

    job_name: str = ""
    number: int | None = None
    url: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OfExecution:
    """What reports say of the execution that is run; empty in an ordinary run."""

    number: str = ""
    plan: str = ""
    plan_round: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    execution: int | None = None
    url: str = ""
    token: Secret = NO_SECRET
    secret: Secret = NO_SECRET
    project: int | None = None
    #: of the code under test; empty: nobody said.
    revision: str = ""
    sync: bool = False
    profile: str = ""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    seed: int | None = None
    show_secrets: bool = False
    scripts: Literal["allow", "deny"] = "allow"
    reports: tuple[ReportRequest, ...] = ()
    report_lang: Literal["zh", "en"] = "zh"
    strict_delivery: bool = False
    replay: Path | None = None
    #: whoever started the killed run ends its execution, not the replay.
    leave_open: bool = False
    #: its runner killed the run, because it was cancelled and did not end.
    cut_by_runner: bool = False
    #: seconds the end of the session may wait for undelivered results.
    flush_timeout: float = 30.0
    #: seconds an unreachable orchestrator has to come back before the run is given up.
    pull_timeout: float = 10.0
    build: Build = Build()
    #: the environment of the execution that is run; empty in an ordinary run.
    env_code: str = ""
    of_execution: OfExecution = OfExecution()
    unknown_keys: Literal["error", "warn"] = "error"
    #: what a case is in which no check was evaluated.
    unchecked: Literal["warn", "error", "ignore"] = "warn"
    #: globs that narrow which YAML files are cases; empty: every file that looks like one.
    files: tuple[str, ...] = ()
    include_roots: tuple[Path, ...] = ()
    #: names or globs of environment variables a case may read.
    env_allow: tuple[str, ...] = ()
    #: bytes of a body kept in outputs.
    max_body: int = 10 * 1024 * 1024
    #: bytes that a response's body may have, its encoding undone.
    max_decoded: int = 256 * 1024 * 1024


#: where `pytest_configure` leaves them.
OPTIONS: Final = pytest.StashKey[Options]()
#: files that nearly look like cases, with what is missing; not there: none.
NEARLY_CASES: Final = pytest.StashKey[list[str]]()
#: what the random functions start from: `--sisyphus-seed`, or a number of this run's own.
SEED: Final = pytest.StashKey[int]()
