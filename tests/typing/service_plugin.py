"""A plugin of the service, and a program that embeds it, as a user with a type checker writes them."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from orchestrator import (
    AuthBackendFactory,
    CatalogSourceFactory,
    Job,
    Notification,
    NoToken,
    OnRunEnded,
    PluginContext,
    PollInterval,
    Principal,
    Run,
    RunnerFactory,
    RunnerRefused,
    RunPhase,
    RunState,
    Settings,
    StartupError,
    TriggerReceipt,
    Webhook,
    WebhookFormatFactory,
    WebhookRequest,
    create_app,
    permissions_of,
)


class QueueRunner:
    """Hands jobs to a function; whoever works on them reports back by the endpoints for runners."""

    name = "queue"
    poll_interval = PollInterval(first=1.0, last=10.0)

    def __init__(self, put: Callable[[Mapping[str, str]], bool]) -> None:
        self.put = put
        self.running: set[int] = set()
        self.on_ended: OnRunEnded | None = None

    def start(self, on_ended: OnRunEnded) -> None:
        self.on_ended = on_ended

    def trigger(self, job: Job) -> TriggerReceipt:
        taken = self.put({"id": str(job.execution_id), "token": job.callback_token.reveal()})
        if not taken:
            raise RunnerRefused("the queue is full")
        self.running.add(job.execution_id)
        return TriggerReceipt(message="queued")

    def cancel(self, run: Run) -> None:
        self.running.discard(run.execution_id)

    def state(self, run: Run) -> RunState:
        if run.execution_id in self.running:
            return RunState(phase=RunPhase.ACTIVE)
        return RunState(phase=RunPhase.ENDED, reason="nobody works on it")

    def close(self) -> None:
        self.running.clear()


def queue_runner(context: PluginContext) -> QueueRunner:
    size = context.options.get("size", 10)
    if not isinstance(size, int):
        raise StartupError("[plugin.NAME] of the queue runner needs size = NUMBER")
    jobs: list[Mapping[str, str]] = []

    def put(job: Mapping[str, str]) -> bool:
        jobs.append(job)
        return len(jobs) <= size

    return QueueRunner(put)


def sisyphus_runners() -> Mapping[str, RunnerFactory]:
    return {"queue": queue_runner}


class HeaderAuth:
    header = "X-User-Id"

    def authenticate(self, token: str) -> Principal:
        if not token.isdecimal():
            raise NoToken
        return Principal(user_id=int(token), permissions=permissions_of("view, run"))

    def check(self) -> None:
        """There is nothing that could be unavailable."""


def sisyphus_auth_backends() -> Mapping[str, AuthBackendFactory]:
    return {"header": lambda _context: HeaderAuth()}


class JsonFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def pull(self) -> Iterable[Mapping[str, Any]]:
        projects: list[Mapping[str, Any]] = json.loads(self.path.read_text("utf-8"))
        return projects


def sisyphus_catalog_sources() -> Mapping[str, CatalogSourceFactory]:
    return {"json-file": lambda context: JsonFile(Path(context.options["path"]))}


def short(notification: Notification, webhook: Webhook) -> WebhookRequest:
    text = f"{notification.execution_no}: {notification.summary['failed']} failed"
    return WebhookRequest(url=webhook.url, body=json.dumps({"text": text}).encode())


def sisyphus_webhook_formats() -> Mapping[str, WebhookFormatFactory]:
    return {"short": lambda _context: short}


def application(folder: Path) -> Starlette:
    """The service with this plugin, of which the caller runs the lifespan."""
    settings = Settings(
        database_url=f"sqlite:///{folder / 'service.db'}",
        plugins=(__name__,),
        runner="queue",
        auth="header",
    )
    return create_app(settings)
