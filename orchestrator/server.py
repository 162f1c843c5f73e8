"""The service as a process: a socket, the application, uvicorn."""

import dataclasses
import errno
import importlib.metadata
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from starlette.applications import Starlette

from orchestrator.app import PREFIX, create_app
from orchestrator.concurrency.thread_pool import run_in_thread
from orchestrator.config import logging as logs
from orchestrator.config.doubts import doubts
from orchestrator.config.load import mistyped
from orchestrator.config.settings import Settings, check_serving, is_loopback
from orchestrator.container import Services
from orchestrator.db.engine import shown_url
from orchestrator.errors import StartupError
from orchestrator.i18n import tr
from orchestrator.routes import one_time_link
from orchestrator.runners.artifacts import check_writable
from orchestrator.secrets import Secret, digest, new_token
from orchestrator.store import tokens

log = logging.getLogger("sisyphus.serve")

#: whom a link stands for that is printed where there is no token yet.
_FIRST_USER = 1
#: systemd sets it where what is said goes to its journal, which keeps it: no place for a link.
_JOURNAL = "JOURNAL_STREAM"
_SECONDS_FOR_ANSWERS = 5
#: runners whose runs do not end with the service.
_ELSEWHERE = ("jenkins", "external")
#: for all of an end: what still waits then, for a silent database or runner, ends with the process.
_SECONDS_TO_STOP = 13.0
#: longer than the pauses of a runner (15 s) and of nginx (60 s): whoever closes first must not be
#: us, or a POST that is just on its way is lost to an error that nobody may repeat.
_SECONDS_IDLE = 75


def serve(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `say` is told the real address, also of port 0."""
    check_serving(settings)
    if settings.runner == "local":  # no run of it could start
        check_writable(settings.files_root)
    written = logs.to_stderr(settings.log_format, settings.log_level)
    with written, bound(settings.host, settings.port) as listener:
        settings = dataclasses.replace(settings, port=listener.getsockname()[1])
        for line in mistyped(os.environ):
            log.warning("%s", line)
        app = create_app(settings)
        for line in doubts(settings):
            log.warning("%s", line)
        with app.state.services.database.reading() as session:
            is_fresh = settings.auth == "token" and not tokens.all_tokens(session)
        if is_fresh:
            say(tr("no frontend token yet: sisyphus-orchestrator token add --user ID"))
        for line in other_instances_warnings(settings, app.state.services.recovery.others()):
            log.warning("%s", line)
        log.info("%s", started(settings))
        say(tr("listening on {url}", url=f"{settings.own_url}{PREFIX}"))
        if is_fresh and is_loopback(settings.host) and not _goes_to_the_journal():
            say(
                tr(
                    "the page, signed in as user {user}, once within ten minutes: {url}",
                    user=_FIRST_USER,
                    url=first_link(app.state.services, settings),
                )
            )
        server = Server(configured(app, settings))
        server.give_up = _give_up
        server.run(sockets=[listener])


def _goes_to_the_journal() -> bool:
    """systemd's variable names the stream's device and inode; who writes elsewhere inherits it."""
    try:
        stdout = os.fstat(1)
    except OSError:
        return False
    return os.environ.get(_JOURNAL) == f"{stdout.st_dev}:{stdout.st_ino}"


def started(settings: Settings) -> str:
    """What is served, for whoever reads the log later."""
    project = f" in {settings.project_root.resolve()}" if settings.runner == "local" else ""
    public = f", public address {settings.public_url}" if settings.public_url else ""
    return (
        f"pytest-sisyphus {importlib.metadata.version('pytest-sisyphus')}, process {os.getpid()}: "
        f"{settings.own_url}{public}, database {shown_url(settings.database_url)}, "
        f"files in {settings.files_root.resolve()}, runner {settings.runner}{project}, "
        f"logins {settings.auth}"
    )


def first_link(services: Services, settings: Settings) -> str:
    """For who has no token yet: using it makes one, as `token add` would."""

    def token() -> Secret:
        made, now = new_token(), services.clock.now()
        hashed = digest(made.reveal())
        services.writer.run(
            lambda session: tokens.add_token(session, hashed, _FIRST_USER, "one-time link", now)
        )
        return made

    return f"{settings.own_url}{one_time_link.PATH}?key={services.links.issue(token).reveal()}"


def configured(app: Starlette, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # ours shows no query
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),  # of itself it believes all of loopback
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=_SECONDS_FOR_ANSWERS,
        timeout_keep_alive=_SECONDS_IDLE,
    )


def _give_up() -> None:
    """Ends the process at once: confirmed results are stored, others are sent again by runners."""
    log.error("not everything ended within %d s; the process ends now", _SECONDS_TO_STOP)
    os._exit(os.EX_TEMPFAIL)


def other_instances_warnings(settings: Settings, others: Sequence[str]) -> Iterator[str]:
    """What is to be said to a process that is not alone on its database."""
    if not others:
        return
    there = f"another service process works on this database (process {', '.join(others)})"
    if settings.database_url.startswith("sqlite"):
        yield f"{there}: SQLite is for one; stop the other, or share a PostgreSQL"
    elif not settings.public_url or (settings.runner == "local" and not settings.callback_url):
        asked = "--public-url"
        if settings.runner == "local":
            asked += " and --callback-url"
        yield (
            f"{there}: give all of them the same {asked} of a proxy, or links and runs end with "
            "the process that made them"
        )


def stopping(runner: str) -> str:
    """What becomes of the runs, as far as the runner is one of ours."""
    if runner == "local":
        return "stopping; what the local runner runs is asked to end, its queue stays"
    if runner in _ELSEWHERE:
        return f"stopping; what the runner {runner} runs goes on, for the next process to follow"
    return f"stopping; the runner {runner} is closed"


class Server(uvicorn.Server):
    #: what is done when an end takes too long; None: it may.
    give_up: Callable[[], None] | None = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tests that run here end first, while their last words are still answered. So do event
        streams, which would outlast every answer; they resume elsewhere."""
        if self.give_up is not None:
            guard = threading.Timer(_SECONDS_TO_STOP, self.give_up)
            guard.daemon = True  # until the process has ended: threads are waited for as well
            guard.start()
        state = self.config.app.state  # type: ignore[union-attr]  # our application, not a name
        log.info("%s", stopping(state.services.settings.runner))
        await run_in_thread(state.services.close_runner)
        state.close_feeds()
        await super().shutdown(sockets)
        log.info("stopped")


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; `StartupError` where it cannot."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)  # at once: the printed address answers
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: Exception) -> StartupError:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        said = tr(
            "cannot listen on {host}:{port}: another process does; --port takes another port",
            host=host,
            port=port,
        )
        return StartupError(said)
    reason = getattr(error, "strerror", None) or error
    return StartupError(
        tr("cannot listen on {host}:{port}: {reason}", host=host, port=port, reason=reason)
    )
