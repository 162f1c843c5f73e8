"""How the service was asked to run: `Settings`, each of its options declared once.

`load` (in `load.py`) reads them from the command line, the environment and a file.
"""

import dataclasses
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from orchestrator.config import options as read
from orchestrator.config.options import Option, option, options_of
from orchestrator.errors import StartupError
from orchestrator.i18n import tr
from orchestrator.notifications import webhook
from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import SHORTEST, Secret
from orchestrator.status import KeepExchanges

#: of the shared secret, for the operator.
GUESSABLE: Final = tr(
    "the secret is shorter than {number} characters, so it can be guessed, and consoles are shown "
    "with it; give a longer one",
    number=SHORTEST,
)
LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("info", "warning", "error")
_WILDCARDS: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- read, not bound


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    host: str = option("127.0.0.1", "address to listen on", metavar="H")
    #: 0 until the service listens, which then knows its port.
    port: int = option(
        8000, "port to listen on; 0 takes any free one", parse=read.whole(0, 65535), metavar="P"
    )
    database_url: str = option(
        "sqlite:///sisyphus.sqlite3",
        "where everything is kept; @PATH reads a file",
        parse=read.database_url,
        metavar="URL",
        secret=True,  # it may hold a password
    )
    runner: str = option(
        "local", "who runs pytest: local, jenkins, external or a plugin's", metavar="NAME"
    )
    project_root: Path = option(
        Path(),
        "folder in which the local runner starts pytest",
        metavar="DIR",
        shown_default="the working directory",
    )
    slots: int = option(
        1, "executions the local runner runs at once", parse=read.whole(1, 1000), metavar="N"
    )
    jenkins_url: str = option(
        "", "address of the Jenkins that runs pytest", parse=read.jenkins_url, metavar="URL"
    )
    jenkins_user: str = option("", "user who triggers its jobs", metavar="U")
    jenkins_token: Secret = option(
        Secret(), "that user's API token; @PATH reads a file", metavar="T"
    )
    jenkins_job: str = option("", "job where neither request nor plan names one", metavar="J")
    jenkins_test_target: str = option(
        "", "folders of cases in the job's workspace", metavar="PATHS"
    )
    auth: str = option(
        "token", "who knows frontend tokens: token, redis, jwt, none or a plugin's", metavar="NAME"
    )
    #: may hold a password.
    redis_url: Secret = option(
        Secret(), "Redis with the platform's logins; @PATH reads a file", metavar="URL"
    )
    redis_prefix: str = option("", "what stands before the token in a login's key", metavar="P")
    redis_field: str = option("userId", "the user's id, where the value is JSON", metavar="NAME")
    jwt_key: Secret = option(
        Secret(), "shared secret or public key (PEM); @PATH reads a file", metavar="K"
    )
    jwt_jwks: Path | None = option(None, "file of public keys (JWKS)", parse=Path, metavar="FILE")
    jwt_algorithms: tuple[str, ...] = option(
        (),
        "algorithms that may sign",
        parse=read.names,
        metavar="A,B",
        multiple=True,
        shown_default="the key's own",
    )
    jwt_audience: str = option("", "required `aud`", metavar="AUD")
    jwt_issuer: str = option("", "required `iss`", metavar="ISS")
    jwt_claim: str = option("sub", "claim with the user's id", metavar="NAME")
    #: a login without it may do everything.
    permissions_field: str = option(
        "permissions", "where a login says run, view, manage", metavar="NAME"
    )
    login_failures: int = option(
        100, "wrong credentials a minute; 0: no limit", parse=read.whole(0, 10**6), metavar="N"
    )
    token_grace: float = option(
        3 * 24 * 3600.0,
        "seconds a token outlives its execution",
        parse=read.seconds,
        metavar="SECONDS",
    )
    trusted_proxies: tuple[str, ...] = option(
        (),
        "proxies whose X-Forwarded-For counts",
        parse=read.networks,
        metavar="IP,NET",
        multiple=True,
    )
    cors_origins: tuple[str, ...] = option(
        (), "origins whose pages may call", parse=read.origins, metavar="URL,URL", multiple=True
    )
    log_format: str = option(
        "text", "how the log is written", parse=read.one_of(*LOG_FORMATS), choices=LOG_FORMATS
    )
    log_level: str = option(
        "info",
        "what is logged: everything, or warnings or errors only",
        parse=read.one_of(*LOG_LEVELS),
        choices=LOG_LEVELS,
    )
    callback_secret: Secret = option(
        Secret(), "shared secret for internal calls; @PATH reads a file", metavar="S"
    )
    webhooks: tuple[Webhook, ...] = option(
        (),
        "who is told of ends: a TOML file with [[webhooks]]",
        parse=webhook.read,
        metavar="FILE",
        secret=True,
    )
    public_url: str = option(
        "",
        "how others reach this service",
        parse=read.service_url,
        metavar="URL",
        shown_default="host and port",
    )
    #: several processes beside each other need one that outlives each of them.
    callback_url: str = option(
        "",
        "how tests beside this service reach it",
        parse=read.service_url,
        metavar="URL",
        shown_default="host and port",
    )
    data_dir: Path | None = option(
        None,
        "folder for consoles and reports",
        parse=Path,
        metavar="DIR",
        shown_default=".sisyphus/ beside the database",
    )
    timezone: ZoneInfo | None = option(
        None,
        "time zone of all shown times",
        parse=read.time_zone,
        metavar="ZONE",
        shown_default="the server's",
    )
    plugins: tuple[str, ...] = option(
        (), "modules with parts of your own", parse=read.names, metavar="M,M", multiple=True
    )
    #: the plugins' own tables `[plugin.NAME]`, as they stand in the file: may hold secrets.
    plugin_options: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict, repr=False
    )
    catalog_sources: tuple[str, ...] = option(
        (), "plugins' sources of cases", parse=read.names, metavar="NAME,NAME", multiple=True
    )
    catalog_interval: float = option(
        300.0, "seconds between two looks at them", parse=read.seconds, metavar="SECONDS"
    )
    body_limit: int = option(
        8 * 1024 * 1024,
        "largest request body in bytes",
        parse=read.whole(1024, 2**30),
        metavar="BYTES",
    )
    project_names: Mapping[int, str] = option(
        {},
        "names of projects, for people",
        parse=read.project_names,
        metavar="ID=NAME,…",
        multiple=True,
    )
    environments: tuple[str, ...] = option(
        (),
        "environments to choose from, beside those that were used",
        parse=read.names,
        metavar="E,E",
        multiple=True,
    )
    keep_exchanges: KeepExchanges = option(
        "failed",
        "whose requests and responses are kept: of failed cases (and each one's last pass), all",
        parse=read.one_of(*get_args(KeepExchanges)),
        choices=get_args(KeepExchanges),
    )
    lease: float = option(
        90.0, "seconds an execution may be silent", parse=read.seconds, metavar="SECONDS"
    )
    sweep: float = option(
        30.0,
        "seconds between two looks at all executions",
        parse=read.seconds,
        metavar="SECONDS",
    )

    shard_relaunch: int = option(
        64,
        "lost legs of one execution that are replaced, at most as many as it has; 0: none",
        parse=read.whole(0, 64),
        metavar="N",
    )

    def options_of_builtin(self, name: str) -> Mapping[str, Any]:
        """What a built-in runner or login is told: of `jenkins`, `jenkins_url` as `url`, …"""
        prefix = f"{name}_"
        return {
            option.removeprefix(prefix): getattr(self, option)
            for option in OPTIONS
            if option.startswith(prefix)
        }

    @property
    def files_root(self) -> Path:
        scheme, _, path = self.database_url.partition(":///")
        # beside the file of SQLite; in the working directory for any other database
        folder = Path(path.partition("?")[0]).parent if scheme.startswith("sqlite") else Path()
        return self.data_dir or folder / ".sisyphus"

    @property
    def own_url(self) -> str:
        """How this machine reaches the service."""
        host = _WILDCARDS.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def local_url(self) -> str:
        """Where tests report to that the local runner starts."""
        return self.callback_url or self.own_url

    @property
    def base_url(self) -> str:
        """How others reach it: runners elsewhere, browsers."""
        return self.public_url or self.own_url


OPTIONS: Final[Mapping[str, Option]] = options_of(Settings)


def check_serving(settings: Settings) -> None:
    """`StartupError` for what a service cannot be started with; other commands do without it."""
    if settings.auth == "none" and not is_loopback(settings.host):
        raise StartupError(
            tr(
                "--auth none is refused on {host!r}: everybody could run tests; listen on "
                "127.0.0.1 or use --auth token",
                host=settings.host,
            )
        )
    if settings.auth == "redis" and not settings.redis_url:
        raise StartupError(tr("--auth redis needs --redis-url; give one like redis://host:6379/0"))
    if settings.auth == "redis" and not settings.redis_prefix:
        raise StartupError(
            tr(
                "--auth redis needs --redis-prefix: without one, every key of that Redis could be "
                "a login; give what stands before the token in a login's key, such as login:token:"
            )
        )
    if settings.auth == "jwt" and bool(settings.jwt_key) == (settings.jwt_jwks is not None):
        raise StartupError(tr("--auth jwt needs one of --jwt-key and --jwt-jwks"))
    if settings.runner == "local" and not settings.project_root.is_dir():
        raise StartupError(
            tr(
                "--project-root {path!r} is not a folder; name the one with the tests",
                path=str(settings.project_root),
            )
        )
    if settings.runner == "jenkins" and not settings.jenkins_url:
        raise StartupError(
            tr("--runner jenkins needs --jenkins-url; give the address of your Jenkins")
        )
    if bool(settings.jenkins_user) != bool(settings.jenkins_token):
        raise StartupError(
            tr("--jenkins-user and --jenkins-token need each other; give both or none")
        )


def is_guessable(settings: Settings) -> bool:
    """Whether a shared callback secret is given that is shorter than `SHORTEST` characters."""
    return 0 < len(settings.callback_secret) < SHORTEST


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
