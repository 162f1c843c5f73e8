"""`doctor`: what is missing before the service can do its work, each with what would help."""

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from . import schema
from .artifacts import Artifacts
from .clock import SystemClock
from .database import opened, reason
from .errors import ServiceError, StartupError, Unavailable
from .hookspecs import Tools
from .parts import gather
from .plugins import said
from .settings import GUESSABLE, Settings, is_guessable, is_loopback
from .store import tokens

_SECONDS: Final = 60
_PLUGIN: Final = "import pytest, pytest_sisyphus; print(pytest.__version__)"


@dataclasses.dataclass(frozen=True)
class Finding:
    #: `skip`: it could not be looked at, for something that was said before.
    mark: Literal["ok", "FAIL", "skip"]
    what: str
    text: str

    @property
    def ok(self) -> bool:
        return self.mark == "ok"

    def __str__(self) -> str:
        return f"{self.mark:4}  {self.what}: {self.text}"


@dataclasses.dataclass(frozen=True)
class _Look:
    look: Callable[[Settings], str]
    #: looks without which this one would only repeat their mistake.
    needs: Sequence[str] = ()


def examine(settings: Settings) -> Iterator[Finding]:
    failed: set[str] = set()
    for what, one in _LOOKS.items():
        finding = _found(what, one, settings, failed)
        if not finding.ok:
            failed.add(what)
        yield finding


def _found(what: str, one: _Look, settings: Settings, failed: set[str]) -> Finding:
    if missing := failed.intersection(one.needs):
        return Finding("skip", what, f"not looked at before {min(missing)} is right")
    try:
        return Finding("ok", what, one.look(settings))
    except Unavailable as error:
        return Finding("FAIL", what, reason(error))
    except (StartupError, ServiceError) as error:
        return Finding("FAIL", what, str(error))


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
def _tools(settings: Settings) -> Iterator[Tools]:
    with opened(settings.database_url) as database:
        yield Tools(
            settings=settings,
            database=database,
            artifacts=Artifacts(settings.files_root.resolve()),
            clock=SystemClock(),
        )


def _parts(settings: Settings) -> str:
    """As the service would make them; nothing is started."""
    parts = gather(settings)
    with _tools(settings) as tools:
        parts.runners.make(settings.runner, tools)
        parts.sources(tools)
        parts.formats(tools)
    return f"runner {settings.runner}, plugins: {', '.join(parts.plugins) or 'none'}"


def _logins(settings: Settings) -> str:
    if settings.auth == "none":
        return "nobody is asked (--auth none)"
    if settings.auth == "token":
        return "static tokens of the database"
    with _tools(settings) as tools:
        logins = gather(settings).logins.make(settings.auth, tools)
        try:
            logins.check()
        except Unavailable as error:
            raise StartupError(f"--auth {settings.auth}: {reason(error)}") from error
        except (StartupError, ServiceError):
            raise
        except Exception as error:  # perhaps a plugin's: whatever it raises is said
            raise StartupError(f"--auth {settings.auth}: {said(error)}") from error
    return f"--auth {settings.auth} works"


def _tokens(settings: Settings) -> str:
    if settings.auth != "token":
        return f"not asked for (--auth {settings.auth})"
    with opened(settings.database_url) as database, database.reading() as session:
        number = sum(row.revoked_time is None for row in tokens.all_tokens(session))
    if not number:
        raise StartupError("no frontend token; run sisyphus-orchestrator token add --user ID")
    return f"{number} frontend token{'' if number == 1 else 's'}"


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


def _address(settings: Settings) -> str:
    if not settings.public_url and settings.runner != "local" and is_loopback(settings.host):
        raise StartupError(f"runners elsewhere cannot reach {settings.base_url}; give --public-url")
    return settings.base_url


def _secret(settings: Settings) -> str:
    if is_guessable(settings):
        raise StartupError(f"--callback-secret: {GUESSABLE}")
    return "long enough" if settings.callback_secret else "none: only an execution's token opens"


def _webhooks(settings: Settings) -> str:
    """Nobody is told anything: a test message would be a false one."""
    gather(settings)
    if not settings.webhooks:
        return "nobody is told that an execution ended"
    return ", ".join(
        f"{webhook.name} ({webhook.format}{', signed' if webhook.secret else ''})"
        for webhook in settings.webhooks
    )


_LOOKS: Final[dict[str, _Look]] = {
    "database": _Look(_database),
    "parts": _Look(_parts),
    "logins": _Look(_logins, needs=("parts",)),
    "tokens": _Look(_tokens, needs=("database",)),
    "project": _Look(_project),
    "address": _Look(_address, needs=("parts",)),
    "secret": _Look(_secret),
    "webhooks": _Look(_webhooks, needs=("parts",)),
}
