"""Command line, environment and ini file become one `Options`.

Precedence, high to low: command line, `SISYPHUS_…`, the parameters Jenkins hands to a job
(`PLATFORM_BASE_URL`, …), ini file, default. Nobody else reads these places.
"""

import argparse
import contextlib
import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_sisyphus.config.option_types import NotAcceptedError, Option
from pytest_sisyphus.config.options import DECLARED, Build, Options
from pytest_sisyphus.i18n import (
    LANGUAGES,
    Language,
    language,
    language_of,
    language_set_back,
    of_library,
    set_language,
    tr,
)

#: set while an execution runs.
RUNNER_VARIABLE: Final = "SISYPHUS_RUNNER"
_JENKINS_PARAMETERS: Final = ("EXECUTION_ID", "PLATFORM_BASE_URL", "CALLBACK_TOKEN")
_WORKERS: Final = ("-n", "--numprocesses")
_LANG: Final = next(option for option in DECLARED if option.field == "lang")


@language_set_back()
def add_options(parser: pytest.Parser, config: pytest.Config | None) -> None:
    set_language(_language_of_help(config.invocation_params.args if config else ()))
    group = parser.getgroup("sisyphus", tr("API cases in YAML, and the orchestrator (sisyphus)"))
    for option in DECLARED:
        if option.in_command_line:
            if option.action == "store_true":
                arguments = {"action": "store_const", "const": "true"}
            else:
                arguments = {"action": option.action, "metavar": option.metavar}
            group.addoption(
                option.flag,
                dest=option.dest,
                default=None,
                help=option.help.replace("%", "%%"),
                **arguments,
            )
        parser.addini(option.ini, option.help, type="string", default=None)


def _language_of_help(arguments: Sequence[str]) -> Language:
    """The texts of the help are made before pytest has read its command line and its ini file."""
    words = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    words.add_argument(_LANG.flag, dest=_LANG.dest, nargs="?")
    given = words.parse_known_args([*map(str, arguments)])[0]
    return _known_language(getattr(given, _LANG.dest), os.environ)


def _known_language(said: str | None, environ: Mapping[str, str]) -> Language:
    return next((one for one in LANGUAGES if one == said), language_of(environ))


@language_set_back()
def refuse_workers_without_xdist(parser: pytest.Parser, arguments: Sequence[str]) -> None:
    """Raises pytest.UsageError: pytest itself says only that it does not know the option."""
    asked = any(one.startswith(_WORKERS) for one in arguments)
    if not asked or importlib.util.find_spec("xdist") is not None:
        return
    unknown = parser.parse_known_and_unknown_args(arguments)[1]
    if any(one.startswith(_WORKERS) for one in unknown):
        set_language(_language_of_help(arguments))
        raise pytest.UsageError(tr("-n needs pytest-xdist: pip install 'pytest-sisyphus[xdist]'"))


def read_options(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> Options:
    """Sets the language of messages, too: also a mistake in an option is told in it. Raises
    pytest.UsageError that names the place and what would be accepted."""
    of_controller = getattr(config, "workerinput", {}).get("sisyphus_lang")  # of xdist
    said = of_controller or _first_given(_LANG, config, environ)[1]
    set_language(_known_language(said, environ))
    fields = {}
    for option in DECLARED:
        place, text = _first_given(option, config, environ)
        if text is not None:
            value = _read(option, place, text)
            if option.is_anchored:
                start = config.rootpath if option.ini in place else config.invocation_params.dir
                value = (
                    start / value
                    if isinstance(value, Path)
                    else tuple(start / one for one in value)
                )
            fields[option.field] = value
    if "execution" not in fields and not {"sync", "replay"} & fields.keys():
        fields["execution"] = _jenkins_execution(environ)
    if "lang" in fields:
        fields.setdefault("report_lang", fields["lang"])
    fields["lang"] = language()
    if "shard" not in fields and fields.get("execution") is not None:
        fields["shard"] = _jenkins_shard(environ)
    build_number = environ.get("BUILD_NUMBER", "")
    build = Build(
        job_name=environ.get("JOB_NAME", ""),
        number=int(build_number) if build_number.isdecimal() else None,
        url=environ.get("BUILD_URL", ""),
    )
    return Options(**fields, build=build)


def _first_given(
    option: Option, config: pytest.Config, environ: Mapping[str, str]
) -> tuple[str, str | None]:
    """Where it is given, and its text; None where it is given nowhere."""
    given: str | Sequence[str] | None = config.getoption(option.dest, None)
    if given is not None:
        return option.flag, given if isinstance(given, str) else "\n".join(given)
    for name in option.env:
        if environ.get(name):
            return tr("environment variable {name}", name=name), environ[name]
    return tr("ini option {ini}", ini=option.ini), config.getini(option.ini) or None


def _read(option: Option, place: str, text: str) -> Any:
    try:
        return option.read(text)
    except NotAcceptedError as error:
        raise pytest.UsageError(f"{place}: {error}") from None
    except (ValueError, KeyError):
        from pytest_sisyphus.redact import redact_text  # noqa: PLC0415 - 4 ms; only with a mistake

        raise pytest.UsageError(
            tr(
                "{place}: expected {accepted}, got {text!r}",
                place=place,
                accepted=option.accepted,
                text=redact_text(text),
            )
        ) from None
    except OSError as error:
        raise pytest.UsageError(
            tr(
                "{place}: cannot read {path!r}: {reason}",
                place=place,
                path=text[1:],
                reason=of_library(error.strerror or ""),
            )
        ) from error


def _jenkins_execution(environ: Mapping[str, str]) -> int | None:
    """The job's parameter; only with its companions, for others use that name too, and never for
    a pytest that a test of the execution itself starts."""
    if RUNNER_VARIABLE in environ or not all(map(environ.get, _JENKINS_PARAMETERS)):
        return None
    execution = next(option for option in DECLARED if option.field == "execution")
    name = _JENKINS_PARAMETERS[0]
    number: int = _read(execution, tr("environment variable {name}", name=name), environ[name])
    return number


def _jenkins_shard(environ: Mapping[str, str]) -> int | None:
    """The job's parameter; others use that name too, but hardly all three, and a pytest that a
    test of the execution starts is no leg of it."""
    names = ("EXECUTION_ID", "SHARD_INDEX", "SHARD_TOTAL")
    if RUNNER_VARIABLE in environ or not all(map(environ.get, names)):
        return None
    shard = next(option for option in DECLARED if option.field == "shard")
    number: int = _read(shard, tr("environment variable SHARD_INDEX"), environ["SHARD_INDEX"])
    return number


@contextlib.contextmanager
def running_as(runner_id: str) -> Iterator[None]:
    """Let processes started by tests know that they are inside a run."""
    os.environ[RUNNER_VARIABLE] = runner_id
    try:
        yield
    finally:
        os.environ.pop(RUNNER_VARIABLE, None)
