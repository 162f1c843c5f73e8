"""`doctor`: what is missing before the service can do its work, each with what would help."""

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from orchestrator.clock import SystemClock
from orchestrator.config.settings import GUESSABLE, Settings, is_guessable, is_loopback
from orchestrator.db import schema
from orchestrator.db.engine import opened, reason
from orchestrator.errors import ServiceError, StartupError, Unavailable
from orchestrator.hookspecs import PluginContext
from orchestrator.plugins.manager import one_line
from orchestrator.plugins.registry import load_extensions
from orchestrator.runners.artifacts import Artifacts
from orchestrator.store import tokens

_SECONDS: Final = 60
_PLUGIN: Final = "import pytest, pytest_sisyphus; print(pytest.__version__)"


@dataclasses.dataclass(frozen=True)
class Finding:
    #: `skip`: another check that it needs has failed.
    mark: Literal["ok", "FAIL", "skip"]
    what: str
    text: str

    @property
    def ok(self) -> bool:
        return self.mark == "ok"

    def __str__(self) -> str:
        return f"{self.mark:4}  {self.what}: {self.text}"


@dataclasses.dataclass(frozen=True)
class _Check:
    run: Callable[[Settings], str]
    needs: Sequence[str]


_CHECKS: Final[dict[str, _Check]] = {}


def _check(
    what: str, *, needs: Sequence[str] = ()
) -> Callable[[Callable[[Settings], str]], Callable[[Settings], str]]:
    """A check says in words what is right; its error says what is not.

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
        return Finding("skip", what, f"not looked at before {min(missing)} is right")
    try:
        return Finding("ok", what, one.run(settings))
    except Unavailable as error:
        return Finding("FAIL", what, reason(error))
    except (StartupError, ServiceError) as error:
        return Finding("FAIL", what, str(error))


@_check("database")
def _database(settings: Settings) -> str:
    with opened(settings.database_url) as database:
        if missing := schema.absence(database):
            raise StartupError(missing)
        revision = schema.current(database)
    if revision != schema.newest():
        had = f"has the schema {revision}" if revision else "has a schema from before versions"
        raise StartupError(f"{database} {had}; run sisyphus-orchestrator db upgrade")
    return f"{database}, schema {revision}"


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
    return f"runner {settings.runner}, plugins: {', '.join(extensions.plugins) or 'none'}"


@_check("logins", needs=("extensions",))
def _logins(settings: Settings) -> str:
    if settings.auth == "none":
        return "nobody is asked (--auth none)"
    if settings.auth == "token":
        return "static tokens of the database"
    with _context(settings) as context:
        logins = load_extensions(settings).auth_backends.make(settings.auth, context)
        try:
            logins.check()
        except Unavailable as error:
            raise StartupError(f"--auth {settings.auth}: {reason(error)}") from error
        except (StartupError, ServiceError):
            raise
        except Exception as error:  # perhaps a plugin's: whatever it raises is said
            raise StartupError(f"--auth {settings.auth}: {one_line(error)}") from error
    return f"--auth {settings.auth} works"


@_check("tokens", needs=("database",))
def _tokens(settings: Settings) -> str:
    if settings.auth != "token":
        return f"not asked for (--auth {settings.auth})"
    with opened(settings.database_url) as database, database.reading() as session:
        number = sum(row.revoked_time is None for row in tokens.all_tokens(session))
    if not number:
        raise StartupError("no frontend token; run sisyphus-orchestrator token add --user ID")
    return f"{number} frontend token{'' if number == 1 else 's'}"


@_check("project")
def _project(settings: Settings) -> str:
    """As the local runner would start it: same folder, same interpreter."""
    if settings.runner != "local":
        return f"not asked for (--runner {settings.runner})"
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
            f"pytest or the plugin cannot be imported in {settings.project_root}: {''.join(last)}; "
            f"install pytest-sisyphus for {sys.executable}"
        )
    return f"{settings.project_root.resolve()}, pytest {asked.stdout.strip()} with the plugin"


@_check("address", needs=("extensions",))
def _address(settings: Settings) -> str:
    if not settings.public_url and settings.runner != "local" and is_loopback(settings.host):
        raise StartupError(f"runners elsewhere cannot reach {settings.base_url}; give --public-url")
    return settings.base_url


@_check("secret")
def _secret(settings: Settings) -> str:
    if is_guessable(settings):
        raise StartupError(f"--callback-secret: {GUESSABLE}")
    return "long enough" if settings.callback_secret else "none: only an execution's token opens"


@_check("webhooks", needs=("extensions",))
def _webhooks(settings: Settings) -> str:
    """Nobody is told anything: a test message would be a false one."""
    load_extensions(settings)
    if not settings.webhooks:
        return "nobody is told that an execution ended"
    return ", ".join(
        f"{webhook.name} ({webhook.format}{', signed' if webhook.secret else ''})"
        for webhook in settings.webhooks
    )
