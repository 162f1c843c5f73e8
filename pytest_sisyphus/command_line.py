"""Command line, environment and ini file become one `Options`.

Precedence, high to low: command line, `SISYPHUS_…`, the parameters Jenkins hands to a job
(`PLATFORM_BASE_URL`, …), ini file, default. Nobody else reads these places.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest

from .options import Build, Options
from .redact import redact_text
from .settings import SETTINGS, Setting

#: set while an execution runs.
RUNNER_VARIABLE: Final = "SISYPHUS_RUNNER"
_JENKINS_PARAMETERS: Final = ("EXECUTION_ID", "PLATFORM_BASE_URL", "CALLBACK_TOKEN")

_FLAGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "value": {},
    "flag": {"action": "store_const", "const": "true"},
    "repeat": {"action": "append"},
}


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("sisyphus", "API cases in YAML, and the orchestrator (sisyphus)")
    for setting in SETTINGS:
        if setting.in_command_line:
            metavar = {"metavar": setting.metavar} if setting.kind != "flag" else {}
            group.addoption(
                setting.option,
                dest=setting.dest,
                default=None,
                help=setting.help.replace("%", "%%"),
                **_FLAGS[setting.kind],
                **metavar,
            )
        parser.addini(setting.ini, setting.help, type="string", default=None)


def read_options(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> Options:
    """Raises pytest.UsageError that names the place and what would be accepted."""
    fields = {}
    for setting in SETTINGS:
        place, text = _first_given(setting, config, environ)
        if text is not None:
            fields[setting.field] = _converted(setting, place, text)
    if "execution" not in fields and not {"sync", "replay"} & fields.keys():
        fields["execution"] = _jenkins_execution(environ)
    return Options(**fields, build=_jenkins_build(environ))


def _jenkins_execution(environ: Mapping[str, str]) -> int | None:
    """The job's parameter; only with its companions, for others use that name too, and never for
    a pytest that a test of the execution itself starts."""
    if RUNNER_VARIABLE in environ or not all(map(environ.get, _JENKINS_PARAMETERS)):
        return None
    execution = next(setting for setting in SETTINGS if setting.field == "execution")
    name = _JENKINS_PARAMETERS[0]
    number: int = _converted(execution, f"environment variable {name}", environ[name])
    return number


def _jenkins_build(environ: Mapping[str, str]) -> Build:
    number = environ.get("BUILD_NUMBER", "")
    return Build(
        job_name=environ.get("JOB_NAME", ""),
        number=int(number) if number.isdecimal() else None,
        url=environ.get("BUILD_URL", ""),
    )


@contextlib.contextmanager
def running_as(runner_id: str) -> Iterator[None]:
    """Let processes started by tests know that they are inside a run."""
    os.environ[RUNNER_VARIABLE] = runner_id
    try:
        yield
    finally:
        os.environ.pop(RUNNER_VARIABLE, None)


def _first_given(
    setting: Setting, config: pytest.Config, environ: Mapping[str, str]
) -> tuple[str, str | None]:
    given: str | Sequence[str] | None = config.getoption(setting.dest, None)
    if given is not None:
        return setting.option, given if isinstance(given, str) else "\n".join(given)
    for name in setting.env:
        if environ.get(name):
            return f"environment variable {name}", environ[name]
    return f"ini option {setting.ini}", config.getini(setting.ini) or None


def _converted(setting: Setting, place: str, text: str) -> Any:
    try:
        return setting.convert(text)
    except (ValueError, KeyError):
        raise pytest.UsageError(
            f"{place}: expected {setting.accepts}, got {redact_text(text)!r}"
        ) from None
    except OSError as error:
        raise pytest.UsageError(f"{place}: cannot read {text[1:]!r}: {error.strerror}") from error
