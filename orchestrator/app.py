"""The application as a value: `create_app(settings)`; every part may be given instead of made."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from orchestrator.auth.backends import NoAuth
from orchestrator.clock import Clock, SystemClock
from orchestrator.concurrency.thread_pool import Threads, run_in_thread
from orchestrator.config.settings import Settings
from orchestrator.container import build_services
from orchestrator.db import schema
from orchestrator.db.engine import Database
from orchestrator.executions.event_feed import Feeds
from orchestrator.executions.waiting import WaitingReasons
from orchestrator.hookspecs import PluginContext
from orchestrator.openapi import routes as description
from orchestrator.page.serving import Page
from orchestrator.plugins.registry import load_extensions
from orchestrator.routes import automation, events, files, internal, one_time_link, page
from orchestrator.routes.bodies import BodyReader
from orchestrator.routes.envelope import internal_error, not_served
from orchestrator.routes.middleware.cross_site import CrossSiteGuard
from orchestrator.routes.middleware.request_log import RequestLog
from orchestrator.routes.middleware.security_headers import SecurityHeaders
from orchestrator.routes.operation import Context
from orchestrator.routes.views import Views
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.protocol import Runner

PREFIX: Final = "/it/api"
OPERATIONS: Final = [
    *internal.OPERATIONS,
    *automation.OPERATIONS,
    *events.OPERATIONS,
    *page.OPERATIONS,
]


def create_app(
    settings: Settings,
    *,
    runner: Runner | None = None,
    clock: Clock | None = None,
    database: Database | None = None,
) -> Starlette:
    """The schema is made at once; the runner and the watchdog work while the app's lifespan lasts.

    Raises `StartupError` when the database cannot be opened, or a plugin cannot be used.
    """
    extensions = load_extensions(settings)
    database = database or Database(settings.database_url)
    context = PluginContext(
        settings=settings,
        database=database,
        artifacts=Artifacts(settings.files_root.resolve()),
        clock=clock or SystemClock(),
    )
    runner = runner or extensions.runners.make(settings.runner, context)
    auth_backend = extensions.auth_backends.make(settings.auth, context)
    sources, formats = extensions.sources(context), extensions.formats(context)
    schema.upgrade(database)
    database.is_served = True

    views = Views(settings.timezone)
    waiting = WaitingReasons(slots=settings.slots, base_url=settings.base_url)
    feeds = Feeds(database, events.renderer(views), waiting)
    brief_feeds = Feeds(database, events.renderer(views, brief=True), waiting, brief=True)

    def changed(executions: frozenset[int]) -> None:
        feeds.changed(executions)
        brief_feeds.changed(executions)

    services = build_services(
        settings,
        database=database,
        runner=runner,
        auth_backend=auth_backend,
        sources=sources,
        formats=formats,
        artifacts=context.artifacts,
        clock=context.clock,
        waiting_reasons=waiting,
        on_change=changed,
    )
    return _application(
        Context(
            services=services,
            views=views,
            feeds=feeds,
            brief_feeds=brief_feeds,
            threads=Threads(),
            bodies=BodyReader(settings.body_limit),
            cross_site=CrossSiteGuard(settings),
            asks_nobody=isinstance(auth_backend, NoAuth),
        )
    )


def _application(context: Context) -> Starlette:
    def close_feeds() -> None:
        context.feeds.close()
        context.brief_feeds.close()

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        context.services.open()
        try:
            yield
        finally:
            close_feeds()
            await run_in_thread(context.services.close)

    pages = Page()
    app = Starlette(
        routes=[
            *(op.route(context, PREFIX) for op in OPERATIONS),
            *description.routes(OPERATIONS, PREFIX),
            *files.routes(context),
            *one_time_link.routes(context, pages),
            *pages.routes(),
        ],
        middleware=_middleware(context),
        exception_handlers={HTTPException: not_served, Exception: internal_error},
        lifespan=lifespan,
    )
    app.state.services = context.services
    app.state.feeds = context.feeds
    app.state.close_feeds = close_feeds
    app.state.bodies = context.bodies
    app.router.redirect_slashes = False
    app.router.default = pages.nowhere(app.router.not_found, but=(PREFIX, "/page"))
    return app


def _middleware(context: Context) -> list[Middleware]:
    hot = {(op.method, PREFIX + op.path): op.endpoint(context) for op in OPERATIONS if op.quick}
    always = [Middleware(RequestLog), Middleware(SecurityHeaders, hot=hot)]
    origins = context.services.settings.cors_origins
    if not origins:
        return always
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=(
            *("authorization", "accesstoken", "token"),
            *("idempotency-key", "last-event-id"),
        ),
    )
    return [*always, cors]
