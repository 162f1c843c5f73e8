"""The service's own runners, auth backends and webhook formats, by the hooks of plugins."""

import contextlib
from collections.abc import Iterator, Mapping

from orchestrator.auth.backends import AuthBackend, NoAuth, TokenAuth
from orchestrator.config.configured_secrets import secrets_of, variables
from orchestrator.errors import StartupError
from orchestrator.hookspecs import (
    AuthBackendFactory,
    PluginContext,
    RunnerFactory,
    WebhookFormatFactory,
)
from orchestrator.i18n import tr
from orchestrator.notifications.formats.registry import FORMATS
from orchestrator.notifications.notification import WebhookFormat
from orchestrator.runners.external import ExternalRunner
from orchestrator.runners.local import LocalRunner, LocalSettings
from orchestrator.runners.protocol import Runner


def sisyphus_runners() -> Mapping[str, RunnerFactory]:
    return {
        "local": local_runner,
        "jenkins": jenkins_runner,
        "external": lambda _context: ExternalRunner(),
    }


def sisyphus_auth_backends() -> Mapping[str, AuthBackendFactory]:
    return {
        "token": lambda context: TokenAuth(context.database),
        "redis": redis_auth,
        "jwt": jwt_auth,
        "none": lambda _context: NoAuth(),
    }


def sisyphus_webhook_formats() -> Mapping[str, WebhookFormatFactory]:
    def factory(render: WebhookFormat) -> WebhookFormatFactory:
        return lambda _context: render

    return {name: factory(render) for name, render in FORMATS.items()}


def local_runner(context: PluginContext) -> Runner:
    settings = context.settings
    return LocalRunner(
        LocalSettings(
            project_root=settings.project_root.resolve(),
            artifacts=context.artifacts,
            base_url=settings.local_url,
            slots=settings.slots,
            hidden=secrets_of(settings),
            withheld=variables(),
        )
    )


@contextlib.contextmanager
def _extra(extra: str, option: str, package: str) -> Iterator[None]:
    """Around imports of what only those have installed who chose the option."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise StartupError(
            tr(
                "{option} needs {package}; pip install 'pytest-sisyphus[{extra}]'",
                option=option,
                package=package,
                extra=extra,
            )
        ) from error


def jenkins_runner(context: PluginContext) -> Runner:
    options = context.options
    with _extra("jenkins", "--runner jenkins", "python-jenkins"):
        from orchestrator.runners.jenkins import client, runner  # noqa: PLC0415
    account = client.Account(url=options["url"], user=options["user"], token=options["token"])
    return runner.JenkinsRunner(
        runner.JenkinsSettings(
            base_url=context.settings.base_url,
            default_job=options["job"],
            test_target=options["test_target"],
        ),
        client.JenkinsClient(account),
    )


def redis_auth(context: PluginContext) -> AuthBackend:
    options = context.options
    with _extra("redis", "--auth redis", "redis"):
        from orchestrator.auth.redis import RedisAuth  # noqa: PLC0415
    return RedisAuth(
        options["url"],
        prefix=options["prefix"],
        field=options["field"],
        permissions=context.settings.permissions_field,
    )


def jwt_auth(context: PluginContext) -> AuthBackend:
    with _extra("jwt", "--auth jwt", "PyJWT"):
        from orchestrator.auth.jwt import JwtAuth, JwtSettings  # noqa: PLC0415
    return JwtAuth(JwtSettings(**context.options, permissions=context.settings.permissions_field))
