"""`doctor`: what is missing before the service can do its work, each with what would help."""

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

from . import schema
from .artifacts import Artifacts
from .clock import SystemClock
from .database import Database
from .errors import ServiceError, StartupError, Unavailable
from .hookspecs import Tools
from .parts import gather
from .settings import GUESSABLE, Settings, is_guessable, is_loopback
from .store import tokens

_SECONDS: Final = 60
_PLUGIN: Final = "import pytest, pytest_sisyphus; print(pytest.__version__)"


@dataclasses.dataclass(frozen=True)
class Finding:
    ok: bool
    what: str
    text: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.what}: {self.text}"


def examine(settings: Settings) -> Iterator[Finding]:
    for what, look in _LOOKS.items():
        try:
            yield Finding(True, what, look(settings))
        except (StartupError, ServiceError) as error:
            yield Finding(False, what, str(error))


def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        revision = schema.current(database)
    except Unavailable as error:
        raise StartupError(
            f"{database} does not answer: {error.__cause__}".splitlines()[0]
        ) from error
    finally:
        database.close()
    if revision != schema.newest():
        had = f"has the schema {revision}" if revision else "has no tables yet"
        raise StartupError(f"{database} {had}; run sisyphus-orchestrator db upgrade")
    return f"{database}, schema {revision}"


@contextlib.contextmanager
def _tools(settings: Settings) -> Iterator[Tools]:
    database = Database(settings.database_url)
    try:
        yield Tools(
            settings=settings,
            database=database,
            artifacts=Artifacts(settings.files_root.resolve()),
            clock=SystemClock(),
        )
    finally:
        database.close()


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
    with _tools(settings) as tools:
        try:
            gather(settings).logins.make(settings.auth, tools).check()
            if settings.auth == "token":
                return _static(tools.database)
        except Unavailable as error:
            raise StartupError(f"--auth {settings.auth}: {error.__cause__ or error}") from error
    return f"--auth {settings.auth} works"


def _static(database: Database) -> str:
    with database.reading() as session:
        number = sum(row.revoked_time is None for row in tokens.all_tokens(session))
    if not number:
        raise StartupError("no frontend token; run sisyphus-orchestrator token add --user ID")
    return f"{number} frontend tokens"


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


_LOOKS: Final[dict[str, Callable[[Settings], str]]] = {
    "database": _database,
    "parts": _parts,
    "logins": _logins,
    "project": _project,
    "address": _address,
    "secret": _secret,
    "webhooks": _webhooks,
}
