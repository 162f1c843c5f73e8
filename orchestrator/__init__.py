"""The service that starts executions and follows them: Starlette routes over an SQL store.

What stands in `__all__` is for plugins of the service and for programs that embed it; every other
module is the package's own. Nothing is imported until it is asked for.
"""

import importlib

TYPE_CHECKING = False  # as typing's, which is not loaded for that
if TYPE_CHECKING:
    from orchestrator.app import create_app
    from orchestrator.auth.backends import (
        AuthBackend,
        HeaderAuthBackend,
        NoAuth,
        Permission,
        Principal,
        permissions_of,
    )
    from orchestrator.catalog.poller import CatalogSource
    from orchestrator.config.settings import Settings
    from orchestrator.errors import NoToken, StartupError, Unavailable
    from orchestrator.hookspecs import (
        AuthBackendFactory,
        CatalogSourceFactory,
        PluginContext,
        RunnerFactory,
        WebhookFormatFactory,
    )
    from orchestrator.notifications.notification import (
        FailedCase,
        Notification,
        WebhookFormat,
        WebhookRequest,
    )
    from orchestrator.notifications.webhook import Webhook
    from orchestrator.runners.external import ExternalRunner
    from orchestrator.runners.protocol import (
        CheckedRunner,
        Job,
        OnProcessStarted,
        OnRunEnded,
        PolledRunner,
        PollInterval,
        ProcessRunner,
        RenewJob,
        ReplayingRunner,
        Run,
        RunKey,
        Runner,
        RunnerRefused,
        RunPhase,
        RunState,
        ShardedRunner,
        TriggerReceipt,
    )
    from orchestrator.secrets import Secret, read_secret
    from orchestrator.status import CaseStatus, ExecutionStatus, NotificationKind

__all__ = [
    "AuthBackend",
    "AuthBackendFactory",
    "CaseStatus",
    "CatalogSource",
    "CatalogSourceFactory",
    "CheckedRunner",
    "ExecutionStatus",
    "ExternalRunner",
    "FailedCase",
    "HeaderAuthBackend",
    "Job",
    "NoAuth",
    "NoToken",
    "Notification",
    "NotificationKind",
    "OnProcessStarted",
    "OnRunEnded",
    "Permission",
    "PluginContext",
    "PollInterval",
    "PolledRunner",
    "Principal",
    "ProcessRunner",
    "RenewJob",
    "ReplayingRunner",
    "Run",
    "RunKey",
    "RunPhase",
    "RunState",
    "Runner",
    "RunnerFactory",
    "RunnerRefused",
    "Secret",
    "Settings",
    "ShardedRunner",
    "StartupError",
    "TriggerReceipt",
    "Unavailable",
    "Webhook",
    "WebhookFormat",
    "WebhookFormatFactory",
    "WebhookRequest",
    "create_app",
    "permissions_of",
    "read_secret",
]

#: where each of them stands.
_MODULES = {
    "app": ("create_app",),
    "auth.backends": (
        *("AuthBackend", "HeaderAuthBackend", "NoAuth", "Permission", "Principal"),
        "permissions_of",
    ),
    "catalog.poller": ("CatalogSource",),
    "config.settings": ("Settings",),
    "errors": ("NoToken", "StartupError", "Unavailable"),
    "hookspecs": (
        *("AuthBackendFactory", "CatalogSourceFactory", "PluginContext", "RunnerFactory"),
        "WebhookFormatFactory",
    ),
    "notifications.notification": (
        *("FailedCase", "Notification", "WebhookFormat", "WebhookRequest"),
    ),
    "notifications.webhook": ("Webhook",),
    "runners.external": ("ExternalRunner",),
    "runners.protocol": (
        *("CheckedRunner", "Job", "OnProcessStarted", "OnRunEnded", "PollInterval"),
        "PolledRunner",
        *("ProcessRunner", "RenewJob", "ReplayingRunner", "Run", "RunKey", "RunPhase", "RunState"),
        *("Runner", "RunnerRefused", "ShardedRunner", "TriggerReceipt"),
    ),
    "secrets": ("Secret", "read_secret"),
    "status": ("CaseStatus", "ExecutionStatus", "NotificationKind"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:  # a type checker takes any name of a module that has a `__getattr__`

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
