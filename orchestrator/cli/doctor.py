"""`doctor`: what is missing before the service can do its work, each with what would help."""

import argparse
import contextlib
import dataclasses
import http.client
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from orchestrator.cli.parser import Commands, add_command
from orchestrator.cli.terminal import say
from orchestrator.clock import SystemClock
from orchestrator.config.doubts import odd_options
from orchestrator.config.load import load, mistyped
from orchestrator.config.settings import (
    GUESSABLE,
    OPTIONS,
    Settings,
    check_serving,
    is_guessable,
    is_loopback,
)
from orchestrator.db import schema
from orchestrator.db.engine import opened, reason
from orchestrator.errors import Doubt, ServiceError, StartupError, Unavailable
from orchestrator.hookspecs import PluginContext
from orchestrator.i18n import joined, said_by, tr
from orchestrator.plugins.manager import one_line
from orchestrator.plugins.registry import load_extensions
from orchestrator.runners.artifacts import Artifacts, check_writable
from orchestrator.runners.protocol import CheckedRunner, RunnerRefused
from orchestrator.server import bound
from orchestrator.store import tokens

_SECONDS: Final = 60
_SECONDS_FOR_A_PORT: Final = 5
_PLUGIN: Final = "import pytest, pytest_sisyphus; print(pytest.__version__)"


def add_to(commands: Commands) -> None:
    about = tr("what is missing; exit code 1 if anything is")
    add_command(commands, "doctor", _doctor, about, OPTIONS)


def _doctor(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    check_serving(settings)
    findings = list(run_checks(settings))
    for finding in findings:
        say(finding.line)
    return 0 if all(finding.ok for finding in findings) else 1


@dataclasses.dataclass(frozen=True)
class Finding:
    #: `skip`: another check that it needs has failed.
    mark: Literal["ok", "warn", "FAIL", "skip"]
    what: str
    text: str

    @property
    def ok(self) -> bool:
        return self.mark in {"ok", "warn"}

    @property
    def line(self) -> str:
        return joined([f"{self.mark:4}  {self.what}", self.text], ": ")


@dataclasses.dataclass(frozen=True)
class _Check:
    run: Callable[[Settings], str]
    needs: Sequence[str]


_CHECKS: Final[dict[str, _Check]] = {}


def _check(
    what: str, *, needs: Sequence[str] = ()
) -> Callable[[Callable[[Settings], str]], Callable[[Settings], str]]:
    """A check says in words what is right; its error says what is not, or what is doubtful.

    `needs`: the checks that have to be right first. They are made in the order of this module.
    """

    def register(run: Callable[[Settings], str]) -> Callable[[Settings], str]:
        _CHECKS[what] = _Check(run, needs)
        return run

    return register


def run_checks(settings: Settings) -> Iterator[Finding]:
    """Each check's finding, in order, as soon as it is there."""
    failed: set[str] = set()
    for what, one in _CHECKS.items():
        finding = _checked(what, one, settings, failed)
        if not finding.ok:
            failed.add(what)
        yield finding


def _checked(what: str, one: _Check, settings: Settings, failed: set[str]) -> Finding:
    if missing := failed.intersection(one.needs):
        return Finding("skip", what, tr("not looked at before {what} is right", what=min(missing)))
    try:
        return Finding("ok", what, one.run(settings))
    except Doubt as doubt:
        return Finding("warn", what, said_by(doubt))
    except Unavailable as error:
        return Finding("FAIL", what, reason(error))
    except (StartupError, ServiceError) as error:
        return Finding("FAIL", what, said_by(error))


@_check("variables")
def _variables(_settings: Settings) -> str:
    if found := list(mistyped(os.environ)):
        raise StartupError(joined(found, "; "))
    return tr("none looks like a mistyped option")


@_check("options")
def _options(settings: Settings) -> str:
    """Those that work alone, and perhaps not as they were meant."""
    if found := list(odd_options(settings)):
        raise Doubt(joined(found, "; "))
    return tr("none is doubtful")


@_check("database")
def _database(settings: Settings) -> str:
    with opened(settings.database_url) as database:
        if missing := schema.absence(database):
            raise StartupError(missing)
        revision = schema.current(database)
        if wrong := schema.unlike(database, revision) or schema.unwritable(database):
            raise StartupError(wrong)
    return tr("{database}, schema {schema}", database=database, schema=revision)


@contextlib.contextmanager
def _context(settings: Settings) -> Iterator[PluginContext]:
    with opened(settings.database_url) as database:
        yield PluginContext(
            settings=settings,
            database=database,
            artifacts=Artifacts(settings.files_root.resolve()),
            clock=SystemClock(),
        )


@_check("extensions")
def _parts(settings: Settings) -> str:
    """As the service would make them; nothing is started."""
    extensions = load_extensions(settings)
    with _context(settings) as context:
        extensions.runners.make(settings.runner, context)
        extensions.sources(context)
        extensions.formats(context)
    return tr(
        "runner {runner}, plugins: {plugins}",
        runner=settings.runner,
        plugins=", ".join(extensions.plugins) or tr("none"),
    )


@_check("runner", needs=("extensions",))
def _runner(settings: Settings) -> str:
    """Whether it would take a run now, where it can tell."""
    with _context(settings) as context:
        runner = load_extensions(settings).runners.make(settings.runner, context)
        if not isinstance(runner, CheckedRunner):
            return tr("not asked for ({option})", option=f"--runner {settings.runner}")
        try:
            return runner.check()
        except RunnerRefused as error:
            raise StartupError(said_by(error)) from error
        except Doubt:
            raise
        except Exception as error:  # perhaps a plugin's: whatever it raises is said
            raise StartupError(one_line(error)) from error


@_check("logins", needs=("extensions",))
def _logins(settings: Settings) -> str:
    if settings.auth == "none":
        return tr("nobody is asked (--auth none)")
    if settings.auth == "token":
        return tr("static tokens of the database")
    with _context(settings) as context:
        logins = load_extensions(settings).auth_backends.make(settings.auth, context)
        try:
            logins.check()
        except Unavailable as error:
            raise _unusable(settings, reason(error)) from error
        except (StartupError, ServiceError):
            raise
        except Exception as error:  # perhaps a plugin's: whatever it raises is said
            raise _unusable(settings, one_line(error)) from error
    return tr("--auth {name} works", name=settings.auth)


def _unusable(settings: Settings, reason: str) -> StartupError:
    return StartupError(tr("--auth {name}: {reason}", name=settings.auth, reason=reason))


@_check("tokens", needs=("database",))
def _tokens(settings: Settings) -> str:
    if settings.auth != "token":
        return tr("not asked for ({option})", option=f"--auth {settings.auth}")
    with opened(settings.database_url) as database, database.reading() as session:
        number = sum(row.revoked_time is None for row in tokens.all_tokens(session))
    if not number:
        raise StartupError(tr("no frontend token; run sisyphus-orchestrator token add --user ID"))
    return tr("frontend tokens: {number}", number=number)


@_check("project")
def _project(settings: Settings) -> str:
    """As the local runner would start it: same folder, same interpreter."""
    if settings.runner != "local":
        return tr("not asked for ({option})", option=f"--runner {settings.runner}")
    asked = subprocess.run(  # noqa: S603 -- our own interpreter, a fixed program
        [sys.executable, "-c", _PLUGIN],
        cwd=settings.project_root,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if asked.returncode:
        last = asked.stderr.strip().splitlines()[-1:]
        raise StartupError(
            tr(
                "pytest or the plugin cannot be imported in {folder}: {reason}; install "
                "pytest-sisyphus for {python}",
                folder=settings.project_root,
                reason="".join(last),
                python=sys.executable,
            )
        )
    return tr(
        "{folder}, pytest {version} with the plugin",
        folder=settings.project_root.resolve(),
        version=asked.stdout.strip(),
    )


@_check("files")
def _files(settings: Settings) -> str:
    """Whether consoles and reports can be kept; the folder is made at the first run."""
    check_writable(settings.files_root)
    return str(settings.files_root.absolute())


@_check("port")
def _port(settings: Settings) -> str:
    """Free, or held by a service that runs already: doctor is asked beside it, too."""
    try:
        bound(settings.host, settings.port).close()
    except StartupError:
        if not _answers(settings.own_url):
            raise
        return tr("{url} is a service that runs already", url=settings.own_url)
    return tr("{host}:{port} is free", host=settings.host, port=settings.port)


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this machine
    try:
        with opener.open(f"{url}/healthz", timeout=_SECONDS_FOR_A_PORT) as answer:
            body: bytes = answer.read(16)
            return body == b"ok\n"
    except (OSError, ValueError, http.client.HTTPException):
        return False


@_check("address", needs=("extensions",))
def _address(settings: Settings) -> str:
    if not settings.public_url and settings.runner != "local" and is_loopback(settings.host):
        raise StartupError(
            tr("runners elsewhere cannot reach {url}; give --public-url", url=settings.base_url)
        )
    return settings.base_url


@_check("secret")
def _secret(settings: Settings) -> str:
    if is_guessable(settings):
        raise StartupError(tr("--callback-secret: {reason}", reason=GUESSABLE))
    if settings.callback_secret:
        return tr("long enough")
    return tr("none: only an execution's token opens")


@_check("webhooks", needs=("extensions",))
def _webhooks(settings: Settings) -> str:
    """Nobody is told anything: a test message would be a false one."""
    load_extensions(settings)
    if not settings.webhooks:
        return tr("nobody is told that an execution ended")
    said = [
        tr("{name} ({format}, signed)", name=one.name, format=one.format)
        if one.secret
        else f"{one.name} ({one.format})"
        for one in settings.webhooks
    ]
    return joined(said)
