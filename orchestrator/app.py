"""The application as a value: `create_app(settings)`; every part may be given instead of made."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from . import schema
from .artifacts import Artifacts
from .clock import Clock, SystemClock
from .database import Database
from .description import routes as description
from .desk import furnish
from .hookspecs import Tools
from .parts import gather
from .routes import automation, events, files, internal
from .routes.bodies import Bodies
from .routes.envelope import internal_error, not_served
from .routes.foreign import Sites
from .routes.operation import Context
from .routes.requestlog import RequestLog
from .routes.shield import Shield
from .routes.threads import Threads, aside
from .routes.views import Views
from .runners.protocol import Runner
from .services.access import Nobody
from .services.feeds import Feeds
from .settings import Settings

PREFIX: Final = "/it/api"
OPERATIONS: Final = [*internal.OPERATIONS, *automation.OPERATIONS, *events.OPERATIONS]


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
    parts = gather(settings)
    database = database or Database(settings.database_url)
    tools = Tools(
        settings=settings,
        database=database,
        artifacts=Artifacts(settings.files_root.resolve()),
        clock=clock or SystemClock(),
    )
    runner = runner or parts.runners.make(settings.runner, tools)
    tokens = parts.logins.make(settings.auth, tools)
    sources, formats = parts.sources(tools), parts.formats(tools)
    schema.upgrade(database)
    desk = furnish(
        settings,
        database=database,
        runner=runner,
        tokens=tokens,
        sources=sources,
        formats=formats,
        artifacts=tools.artifacts,
        clock=tools.clock,
    )

    views = Views(settings.timezone)
    feeds = Feeds(database, events.renderer(views))
    desk.writer.on_change = feeds.changed

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        desk.open()
        try:
            yield
        finally:
            feeds.close()
            await aside(desk.close)

    context = Context(
        desk=desk,
        views=views,
        feeds=feeds,
        threads=Threads(),
        bodies=Bodies(settings.body_limit),
        sites=Sites(settings) if isinstance(tokens, Nobody) else None,
    )
    app = Starlette(
        routes=[
            *(op.route(context, PREFIX) for op in OPERATIONS),
            *description.routes(OPERATIONS, PREFIX),
            *files.routes(context),
        ],
        middleware=_middleware(settings, context),
        exception_handlers={HTTPException: not_served, Exception: internal_error},
        lifespan=lifespan,
    )
    app.state.desk = desk
    app.state.feeds = feeds
    app.state.bodies = context.bodies
    app.router.redirect_slashes = False
    return app


def _middleware(settings: Settings, context: Context) -> list[Middleware]:
    hot = {(op.method, PREFIX + op.path): op.endpoint(context) for op in OPERATIONS if op.quick}
    always = [Middleware(RequestLog), Middleware(Shield, hot=hot)]
    if not settings.cors_origins:
        return always
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "POST"),
        allow_headers=(
            *("authorization", "accesstoken", "token"),
            *("idempotency-key", "last-event-id"),
        ),
    )
    return [*always, cors]
