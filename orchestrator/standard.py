"""Our own parts, by the hooks that plugins have."""

from collections.abc import Mapping

from .errors import StartupError
from .hookspecs import MakesFormat, MakesLogins, MakesRunner, Tools
from .own_secrets import secrets_of, variables
from .runners.external import ExternalRunner
from .runners.local import LocalRunner, LocalSettings
from .runners.protocol import Runner
from .services.access import Nobody, StaticTokens, TokenSource
from .webhooks.formats import FORMATS
from .webhooks.notice import Format


def sisyphus_runners() -> Mapping[str, MakesRunner]:
    return {"local": _local, "jenkins": _jenkins, "external": lambda _tools: ExternalRunner()}


def sisyphus_logins() -> Mapping[str, MakesLogins]:
    return {
        "token": lambda tools: StaticTokens(tools.database),
        "redis": _redis,
        "jwt": _jwt,
        "none": lambda _tools: Nobody(),
    }


def sisyphus_webhook_formats() -> Mapping[str, MakesFormat]:
    return {name: _as_it_is(render) for name, render in FORMATS.items()}


def _as_it_is(render: Format) -> MakesFormat:
    return lambda _tools: render


def _local(tools: Tools) -> Runner:
    settings = tools.settings
    return LocalRunner(
        LocalSettings(
            project_root=settings.project_root.resolve(),
            artifacts=tools.artifacts,
            base_url=settings.local_url,
            slots=settings.slots,
            hidden=secrets_of(settings),
            withheld=variables(),
        )
    )


def _jenkins(tools: Tools) -> Runner:
    settings = tools.settings
    try:
        # python-jenkins is an extra: only who runs by Jenkins needs it
        from .runners import jenkins, jenkins_client  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartupError(
            "--runner jenkins needs python-jenkins; pip install 'pytest-sisyphus[jenkins]'"
        ) from error
    account = jenkins_client.Account(
        url=settings.jenkins_url, user=settings.jenkins_user, token=settings.jenkins_token
    )
    return jenkins.JenkinsRunner(
        jenkins.JenkinsSettings(
            base_url=settings.base_url,
            default_job=settings.jenkins_job,
            test_target=settings.jenkins_test_target,
        ),
        jenkins_client.JenkinsClient(account),
    )


def _redis(tools: Tools) -> TokenSource:
    settings = tools.settings
    try:
        # an extra: only who logs in by Redis needs its client
        from .services.redis_logins import RedisLogins  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartupError(
            "--auth redis needs the redis client; pip install 'pytest-sisyphus[redis]'"
        ) from error
    return RedisLogins(
        settings.redis_url,
        prefix=settings.redis_prefix,
        field=settings.redis_field,
        permissions=settings.permissions_field,
    )


def _jwt(tools: Tools) -> TokenSource:
    settings = tools.settings
    try:
        # an extra: only who logs in by JWT needs its library
        from .services.jwt_logins import JwtLogins, JwtRules  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartupError("--auth jwt needs PyJWT; pip install 'pytest-sisyphus[jwt]'") from error
    return JwtLogins(
        JwtRules(
            key=settings.jwt_key,
            jwks=settings.jwt_jwks,
            algorithms=settings.jwt_algorithms,
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
            claim=settings.jwt_claim,
            permissions=settings.permissions_field,
        )
    )
