"""How this run was asked for, as one value that nobody changes. `config.load` makes it.

Each option is declared once, as a field: command line, ini file, environment and help follow.
"""

import dataclasses
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Literal

from pytest_sisyphus.config.option_types import (
    ReportRequest,
    Secret,
    mebibytes,
    option,
    options_of,
    positive,
)
from pytest_sisyphus.i18n import Language, marked
from pytest_sisyphus.values.record import record

#: what holds for all cases in its folder and below; no case itself.
PROJECT_FILE: Final = "sisyphus.yaml"

NO_SECRET: Final = Secret()


@record
class Build:
    """The Jenkins build this run is part of, as Jenkins names it; empty elsewhere."""

    job_name: str = ""
    number: int | None = None
    url: str = ""


@record
class ExecutionInfo:
    """The execution that is run, as reports show it; empty in an ordinary run."""

    number: str = ""
    plan: str = ""
    plan_round: str = ""


@record
class Options:
    execution: int | None = option(
        None,
        metavar="ID",
        accepts=marked("an execution's number"),
        help="run that execution of the orchestrator: pull its cases, select, order, run, report",
    )
    url: str = option(
        "",
        metavar="URL",
        accepts="http://host:port",
        also_env=("PLATFORM_BASE_URL",),
        help="the orchestrator (http://host:port, with or without /it/api)",
    )
    token: Secret = option(
        NO_SECRET,
        metavar="T",
        accepts=marked("a token, or @path of a file that holds it"),
        also_env=("CALLBACK_TOKEN",),
        help="the execution's callback token, or @path of a file that holds it",
    )
    secret: Secret = option(
        NO_SECRET,
        also_env=("CALLBACK_SECRET",),
        help="the shared callback secret, or @path of a file that holds it",
    )
    shard: int | None = option(
        None,
        metavar="N",
        accepts=marked("a leg's number, from 1"),
        read=positive,
        help="of an execution with shards: run as its leg N (default: the lowest that is free)",
    )
    project: int | None = option(
        None,
        accepts=marked("a project's number"),
        help="the project whose catalogue --sisyphus-sync sends",
    )
    revision: str = option(
        "",
        accepts=marked("a revision such as a commit"),
        help="revision of the code under test; verdicts of the same one that differ are flaky",
    )
    sync: bool = option(
        False, help="with --collect-only: send the catalogue of cases to the orchestrator"
    )
    profile: str = option(
        "",
        metavar="NAME",
        accepts=marked("a profile's name"),
        help="use this profile of the cases' config instead of active_profile",
    )
    variables: Mapping[str, Any] = option(
        {},
        name="var",
        help="set a variable over the cases' own: NAME=VALUE is text, NAME:=JSON a number, a "
        "list, … (repeatable)",
    )
    variable_files: tuple[Path, ...] = option(
        (),
        name="vars",
        metavar="FILE",
        accepts=marked("files, one a line"),
        is_anchored=True,
        help="variables from a YAML or JSON file, over the cases' own and below --sisyphus-var "
        "(repeatable: later files go over earlier ones)",
    )
    env_file: Path | None = option(
        None,
        metavar="FILE",
        accepts=marked("the path of a .env file"),
        is_anchored=True,
        help="a .env file of variables under the environment's, instead of the cases' env_file",
    )
    explain: bool = option(
        False,
        help="say of each case what it would do, with its variables and where they come from; "
        "nothing is sent or run",
    )
    seed: int | None = option(None, help="make the random functions repeatable")
    show_secrets: bool = option(False, help="do not mask secrets (local debugging only)")
    scripts: Literal["allow", "deny"] = option(
        "allow", help="deny refuses every script step and hook code of a case file"
    )
    reports: tuple[ReportRequest, ...] = option(
        (),
        name="report",
        help="write a report; FORMAT is json, json-compact, csv, csv-compact, html, junit or "
        "allure (repeatable)",
    )
    lang: Language = option(
        "en",
        help="language of messages and reports",
        show_default=lambda _: marked("that of the locale, else en"),
    )
    report_lang: Language = option(
        "zh",
        help="language of the html report",
        show_default=lambda _: marked("what --sisyphus-lang says, else zh"),
    )
    strict_delivery: bool = option(
        False, help="results that could not be delivered make the run fail (exit code 1)"
    )
    replay: Path | None = option(
        None,
        metavar="SPOOL",
        accepts=marked("the path of a spool"),
        help="deliver a spool that an earlier run left; run nothing",
    )
    leave_open: bool = option(
        False,
        in_command_line=False,
        help="--sisyphus-replay does not end the execution of a killed run: its runner does",
    )
    cut_by_runner: bool = option(
        False,
        in_command_line=False,
        help="--sisyphus-replay: the runner killed a cancelled run: what ran then is canceled",
    )
    flush_timeout: float = option(
        30.0,
        in_command_line=False,
        show_default="{:g}".format,
        help="seconds the end of a run may wait for undelivered results",
    )
    pull_timeout: float = option(
        10.0,
        in_command_line=False,
        show_default="{:g}".format,
        help="seconds to wait for an unreachable orchestrator before a run",
    )
    queue_timeout: float = option(
        600.0,
        in_command_line=False,
        show_default="{:g}".format,
        help="seconds that a leg of a sharded execution waits for an orchestrator that is away",
    )
    unknown_keys: Literal["error", "warn"] = option(
        "error", in_command_line=False, help="what an unknown key in a case file is"
    )
    unchecked: Literal["warn", "error", "ignore"] = option(
        "warn",
        in_command_line=False,
        help="what to do with a case in which no check was evaluated",
    )
    files: tuple[str, ...] = option(
        (),
        accepts=marked("globs, one a line"),
        in_command_line=False,
        help="globs that narrow which YAML files are cases, one a line",
    )
    include_roots: tuple[Path, ...] = option(
        (),
        in_command_line=False,
        help="folders that !include and files may read, one a line (default: rootdir)",
    )
    env_allow: tuple[str, ...] = option(
        (),
        accepts=marked("names or globs, one a line"),
        in_command_line=False,
        help="environment variables that cases may read: names or globs, one a line",
    )
    max_body: int = option(
        10 * 1024 * 1024,
        accepts="bytes",
        in_command_line=False,
        show_default=mebibytes,
        help="bytes of a body kept in outputs",
    )
    max_decoded: int = option(
        256 * 1024 * 1024,
        accepts="bytes",
        read=positive,
        in_command_line=False,
        show_default=mebibytes,
        help="bytes a response's body may have, decompressed",
    )

    # what is known of a run, but asked for by no option

    #: where variables of files stand, by their names: `test.yaml:3`.
    variable_places: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: what `env_file` says, by name.
    file_environ: Mapping[str, str] = dataclasses.field(default_factory=dict)
    build: Build = Build()
    #: the environment of the execution that is run; empty in an ordinary run.
    env_code: str = ""
    execution_info: ExecutionInfo = ExecutionInfo()

    def may_be_read(self, variable: str) -> bool:
        """Whether cases may read an environment variable of that name: all, or those that
        `sisyphus_env_allow` names."""
        patterns = self.env_allow
        return not patterns or any(fnmatchcase(variable, one) for one in patterns)


#: every option, as the command line, the ini file and the environment have it.
DECLARED: Final = options_of(Options)
