"""`doctor`: what is missing before the service can do its work, each with what would help."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

from . import schema
from .database import Database
from .desk import login_source
from .errors import ServiceError, StartupError, Unavailable
from .settings import Settings, is_loopback
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


def _logins(settings: Settings) -> str:
    if settings.auth == "none":
        return "nobody is asked (--auth none)"
    database = Database(settings.database_url)
    try:
        login_source(settings, database).check()
        if settings.auth == "token":
            return _static(database)
    except Unavailable as error:
        raise StartupError(f"--auth {settings.auth}: {error.__cause__}") from error
    finally:
        database.close()
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


_LOOKS: Final[dict[str, Callable[[Settings], str]]] = {
    "database": _database,
    "logins": _logins,
    "project": _project,
    "address": _address,
}
