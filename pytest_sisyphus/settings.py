"""The one table of options that command line, ini file, environment and manual read."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from .options import REPORT_FORMATS, ReportRequest, Secret


def _integer(text: str) -> int:
    return int(text)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError("not positive")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError("not a duration")
    return value


def _flag(text: str) -> bool:
    try:
        return {"1": True, "true": True, "yes": True, "on": True}[text.lower()]
    except KeyError:
        return {"0": False, "false": False, "no": False, "off": False, "": False}[text.lower()]


def _choice(*choices: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in choices:
            raise ValueError(f"not one of {choices}")
        return text

    return convert


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(line) for line in _lines(text))


def _secret(text: str) -> Secret:
    """`@path` is the first line of that file: a secret in a command line is seen by `ps`."""
    if not text.startswith("@"):
        return Secret(text)
    return Secret(Path(text[1:]).read_text(encoding="utf-8").strip())


def _variables(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(text))
    variables = {}
    for name, equals, value in pairs:
        if not (name.strip() and equals):
            raise ValueError("not NAME=VALUE")
        variables[name.strip()] = value
    return variables


def _reports(text: str) -> tuple[ReportRequest, ...]:
    return tuple(map(_report, _lines(text)))


def _report(text: str) -> ReportRequest:
    kind, colon, path = text.partition(":")
    if kind not in REPORT_FORMATS or not colon or not path:
        raise ValueError("not FORMAT:PATH")
    return ReportRequest(format=kind, path=Path(path), is_folder=path.endswith("/"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """One option and its twins: `--sisyphus-x-y`, ini `sisyphus_x_y`, env `SISYPHUS_X_Y`."""

    #: the field of `Options`.
    field: str
    help: str
    convert: Callable[[str], Any]
    accepts: str
    #: the option's word where it differs from the field.
    name: str = ""
    kind: Literal["value", "flag", "repeat"] = "value"
    metavar: str | None = None
    #: further environment variables, tried after `SISYPHUS_…`.
    also_env: tuple[str, ...] = ()
    in_command_line: bool = True

    @property
    def option(self) -> str:
        return "--sisyphus-" + (self.name or self.field).replace("_", "-")

    @property
    def dest(self) -> str:
        return "sisyphus_" + self.field

    @property
    def ini(self) -> str:
        return "sisyphus_" + (self.name or self.field).replace("-", "_")

    @property
    def env(self) -> tuple[str, ...]:
        return (self.ini.upper(), *self.also_env)


#: the one table that the command line, the ini file, the environment and the manual read.
SETTINGS: Final = (
    Setting(
        field="execution",
        metavar="ID",
        convert=_integer,
        accepts="an execution's number",
        help="run that execution of the orchestrator: pull its cases, select, order, run, report",
    ),
    Setting(
        field="url",
        metavar="URL",
        convert=str,
        accepts="http://host:port",
        also_env=("PLATFORM_BASE_URL",),
        help="the orchestrator (http://host:port, with or without /it/api)",
    ),
    Setting(
        field="token",
        metavar="T",
        convert=_secret,
        accepts="a token, or @path of a file that holds it",
        also_env=("CALLBACK_TOKEN",),
        help="the execution's callback token, or @path of a file that holds it",
    ),
    Setting(
        field="secret",
        metavar="S",
        convert=_secret,
        accepts="a secret, or @path of a file that holds it",
        also_env=("CALLBACK_SECRET",),
        help="the shared callback secret, or @path of a file that holds it",
    ),
    Setting(
        field="project",
        metavar="N",
        convert=_integer,
        accepts="a project's number",
        help="the project whose catalogue --sisyphus-sync sends",
    ),
    Setting(
        field="revision",
        metavar="TEXT",
        convert=str,
        accepts="a revision such as a commit",
        help="revision of the code under test; verdicts of the same one that differ are flaky",
    ),
    Setting(
        field="sync",
        kind="flag",
        convert=_flag,
        accepts="true or false",
        help="with --collect-only: send the catalogue of cases to the orchestrator",
    ),
    Setting(
        field="profile",
        metavar="NAME",
        convert=str,
        accepts="a profile's name",
        help="use this profile of the cases' config instead of active_profile",
    ),
    Setting(
        field="variables",
        name="var",
        kind="repeat",
        metavar="NAME=VALUE",
        convert=_variables,
        accepts="NAME=VALUE",
        help="set a variable over the cases' own (repeatable)",
    ),
    Setting(
        field="seed",
        metavar="N",
        convert=_integer,
        accepts="a whole number",
        help="make the random functions repeatable",
    ),
    Setting(
        field="show_secrets",
        kind="flag",
        convert=_flag,
        accepts="true or false",
        help="do not mask secrets (local debugging only)",
    ),
    Setting(
        field="scripts",
        metavar="allow|deny",
        convert=_choice("allow", "deny"),
        accepts="allow or deny",
        help="deny refuses every script step and hook code of a case file",
    ),
    Setting(
        field="reports",
        name="report",
        kind="repeat",
        metavar="FORMAT:PATH",
        convert=_reports,
        accepts=f"FORMAT:PATH with one of {', '.join(REPORT_FORMATS)}",
        help=f"write a report; FORMAT is one of {', '.join(REPORT_FORMATS)} (repeatable)",
    ),
    Setting(
        field="report_lang",
        metavar="zh|en",
        convert=_choice("zh", "en"),
        accepts="zh or en",
        help="language of the html report",
    ),
    Setting(
        field="strict_delivery",
        kind="flag",
        convert=_flag,
        accepts="true or false",
        help="results that could not be delivered make the run fail (exit code 1)",
    ),
    Setting(
        field="replay",
        metavar="SPOOL",
        convert=Path,
        accepts="the path of a spool",
        help="deliver a spool that an earlier run left; run nothing",
    ),
    Setting(
        field="leave_open",
        kind="flag",
        convert=_flag,
        accepts="true or false",
        in_command_line=False,
        help="--sisyphus-replay does not end the execution of a killed run: its runner does",
    ),
    Setting(
        field="cut_by_runner",
        kind="flag",
        convert=_flag,
        accepts="true or false",
        in_command_line=False,
        help="--sisyphus-replay: the runner killed a cancelled run: what ran then is canceled",
    ),
    Setting(
        field="flush_timeout",
        convert=_seconds,
        accepts="seconds",
        in_command_line=False,
        help="seconds the end of a run may wait for undelivered results (default 30)",
    ),
    Setting(
        field="pull_timeout",
        convert=_seconds,
        accepts="seconds",
        in_command_line=False,
        help="seconds to wait for an unreachable orchestrator before a run (default 10)",
    ),
    Setting(
        field="unknown_keys",
        convert=_choice("error", "warn"),
        accepts="error or warn",
        in_command_line=False,
        help="what an unknown key in a case file is (default error)",
    ),
    Setting(
        field="unchecked",
        convert=_choice("warn", "error", "ignore"),
        accepts="warn, error or ignore",
        in_command_line=False,
        help="what to do with a case in which no check was evaluated (default warn)",
    ),
    Setting(
        field="files",
        convert=_lines,
        accepts="globs, one a line",
        in_command_line=False,
        help="globs that narrow which YAML files are cases, one a line",
    ),
    Setting(
        field="include_roots",
        convert=_paths,
        accepts="folders, one a line",
        in_command_line=False,
        help="folders that !include and files may read, one a line (default: rootdir)",
    ),
    Setting(
        field="env_allow",
        convert=_lines,
        accepts="names or globs, one a line",
        in_command_line=False,
        help="environment variables that cases may read: names or globs, one a line",
    ),
    Setting(
        field="max_body",
        convert=_integer,
        accepts="bytes",
        in_command_line=False,
        help="bytes of a body kept in outputs (default 10 MiB)",
    ),
    Setting(
        field="max_decoded",
        convert=_positive,
        accepts="bytes",
        in_command_line=False,
        help="bytes a response's body may have, decompressed (default 256 MiB)",
    ),
)
