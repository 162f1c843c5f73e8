"""How the service was asked to run: command line, environment, TOML file become one `Settings`.

Precedence, high to low: command line, `SISYPHUS_<OPTION>`, the file of `--config`
(`SISYPHUS_CONFIG`), default. Nobody else reads these places. `OPTIONS` is the one table: the
command line, the environment and the file are all made from it.
"""

import dataclasses
import ipaddress
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from .errors import StartupError
from .secret import SHORTEST, Secret, read_secret
from .webhooks import webhook
from .webhooks.webhook import Webhook

#: of the shared secret, for the operator.
GUESSABLE: Final = (
    f"the secret is shorter than {SHORTEST} characters, so it can be guessed, and consoles are "
    "shown with it; give a longer one"
)
LOG_FORMATS: Final = ("text", "json")
_TABLES: Final = "plugin"
_WILDCARDS: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- read, not bound


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    host: str = "127.0.0.1"
    #: 0: any free port; `serve` says which.
    port: int = 8000
    #: may hold a password.
    database_url: str = dataclasses.field(default="sqlite:///sisyphus.sqlite3", repr=False)
    runner: str = "local"
    #: where the local runner starts pytest.
    project_root: Path = Path()
    #: executions that the local runner runs at once.
    slots: int = 1
    #: Jenkins: its address, a user with an API token, the job where nobody names one, and the
    #: folders in the job's workspace in which cases are looked for.
    jenkins_url: str = ""
    jenkins_user: str = ""
    jenkins_token: Secret = dataclasses.field(default_factory=Secret)
    jenkins_job: str = ""
    jenkins_test_target: str = ""
    auth: str = "token"
    #: where the platform keeps its logins (the address may hold a password): prefix + token.
    redis_url: Secret = dataclasses.field(default_factory=Secret)
    redis_prefix: str = ""
    #: the user's id, where the value is a JSON object.
    redis_field: str = "userId"
    jwt_key: Secret = dataclasses.field(default_factory=Secret)
    jwt_jwks: Path | None = None
    jwt_algorithms: tuple[str, ...] = ()
    jwt_audience: str = ""
    jwt_issuer: str = ""
    jwt_claim: str = "sub"
    #: what the user may, in the JSON object or the claims; a login without it may everything.
    permissions_field: str = "permissions"
    #: wrong credentials from one address in a minute; 0 is no limit.
    login_failures: int = 100
    #: seconds after its end that an execution's token still brings late results.
    token_grace: float = 3 * 24 * 3600.0
    #: addresses and networks of the proxies whose X-Forwarded-For says who calls.
    trusted_proxies: tuple[str, ...] = ()
    #: pages of other origins that may call; none: no CORS at all.
    cors_origins: tuple[str, ...] = ()
    log_format: str = "text"
    #: who is told that an execution ended.
    webhooks: tuple[Webhook, ...] = ()
    callback_secret: Secret = dataclasses.field(default_factory=Secret)
    #: how others reach the service; empty: its own host and port.
    public_url: str = ""
    #: how the local runner's tests reach it; empty: its own host and port. Several processes beside
    #: each other need one that outlives each of them.
    callback_url: str = ""
    #: consoles and reports; None: `.sisyphus/` beside the database.
    data_dir: Path | None = None
    #: None: the server's own.
    timezone: ZoneInfo | None = None
    #: modules with parts of the operator's own, beside the plugins that are installed.
    plugins: tuple[str, ...] = ()
    #: the plugins' own tables `[plugin.NAME]`, as they stand in the file: may hold secrets.
    plugin_options: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict, repr=False
    )
    #: who is asked for cases, and the seconds between two times.
    catalog_sources: tuple[str, ...] = ()
    catalog_interval: float = 300.0
    #: bytes of a request body.
    body_limit: int = 8 * 1024 * 1024
    #: seconds an execution may be silent, and between two looks at all of them.
    lease: float = 90.0
    sweep: float = 30.0

    @property
    def files_root(self) -> Path:
        return self.data_dir or _beside(self.database_url) / ".sisyphus"

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


def _beside(url: str) -> Path:
    """The folder of an SQLite file; the working directory for any other database."""
    scheme, _, path = url.partition(":///")
    return Path(path.partition("?")[0]).parent if scheme.startswith("sqlite") else Path()


@dataclasses.dataclass(frozen=True)
class Option:
    """One setting: how text becomes its value (ValueError says what is accepted)."""

    parse: Callable[[str], Any]
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    #: several values, which the file may also write as an array.
    several: bool = False


def _database_url(text: str) -> str:
    return read_secret(text).reveal()


def _within(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ValueError(f"give a whole number from {low} to {high}")
        return number

    return parse


def _one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"give one of {', '.join(names)}")
        return text

    return parse


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise ValueError("give a positive number of seconds")
    return number


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("give a time zone's name such as Asia/Shanghai") from error


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("give an address such as https://tests.example.com")
    return text.rstrip("/").removesuffix("/it/api")


def _jenkins(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in {"http", "https"} or not address.hostname or "@" in address.netloc:
        raise ValueError(
            "give an address such as https://jenkins.example.com/, without user and password"
        )
    return text.rstrip("/") + "/"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.replace(",", " ").split() if name)


def _networks(text: str) -> tuple[str, ...]:
    """Never `*`: whoever reaches the service could say to be anybody."""
    try:
        return tuple(str(ipaddress.ip_network(name)) for name in _names(text))
    except ValueError as error:
        raise ValueError("give addresses or networks such as 127.0.0.1 or 10.0.0.0/8") from error


def _origins(text: str) -> tuple[str, ...]:
    names = _names(text)
    if any(not name.startswith(("http://", "https://")) for name in names):
        raise ValueError("give origins such as https://platform.example.com")
    return tuple(name.rstrip("/") for name in names)


OPTIONS: Final[Mapping[str, Option]] = {
    "host": Option(str, "address to listen on", "H"),
    "port": Option(_within(0, 65535), "port to listen on; 0 takes any free one", "P"),
    "database_url": Option(_database_url, "where everything is kept; @PATH reads a file", "URL"),
    "runner": Option(str, "who runs pytest: local, jenkins, external or a plugin's", "NAME"),
    "project_root": Option(Path, "folder in which the local runner starts pytest", "DIR"),
    "slots": Option(_within(1, 1000), "executions the local runner runs at once", "N"),
    "jenkins_url": Option(_jenkins, "address of the Jenkins that runs pytest", "URL"),
    "jenkins_user": Option(str, "user who triggers its jobs", "U"),
    "jenkins_token": Option(read_secret, "that user's API token; @PATH reads a file", "T"),
    "jenkins_job": Option(str, "job where neither request nor plan names one", "J"),
    "jenkins_test_target": Option(str, "folders of cases in the job's workspace", "PATHS"),
    "auth": Option(str, "who knows frontend tokens: token, redis, jwt, none or a plugin's", "NAME"),
    "redis_url": Option(read_secret, "Redis with the platform's logins; @PATH reads a file", "URL"),
    "redis_prefix": Option(str, "what stands before the token in a login's key", "P"),
    "redis_field": Option(str, "the user's id, where the value is JSON", "NAME"),
    "jwt_key": Option(read_secret, "shared secret or public key (PEM); @PATH reads a file", "K"),
    "jwt_jwks": Option(Path, "file of public keys (JWKS)", "FILE"),
    "jwt_algorithms": Option(
        _names, "algorithms that may sign; default: the key's", "A,B", several=True
    ),
    "jwt_audience": Option(str, "required `aud`", "AUD"),
    "jwt_issuer": Option(str, "required `iss`", "ISS"),
    "jwt_claim": Option(str, "claim with the user's id", "NAME"),
    "permissions_field": Option(str, "where a login says run, view, manage", "NAME"),
    "login_failures": Option(_within(0, 10**6), "wrong credentials a minute; 0: no limit", "N"),
    "token_grace": Option(_seconds, "seconds a token outlives its execution", "SECONDS"),
    "trusted_proxies": Option(
        _networks, "proxies whose X-Forwarded-For counts", "IP,NET", several=True
    ),
    "cors_origins": Option(_origins, "origins whose pages may call", "URL,URL", several=True),
    "log_format": Option(_one_of(*LOG_FORMATS), "how the log is written", choices=LOG_FORMATS),
    "callback_secret": Option(
        read_secret, "shared secret for internal calls; @PATH reads a file", "S"
    ),
    "webhooks": Option(webhook.read, "who is told of ends: a TOML file with [[webhooks]]", "FILE"),
    "public_url": Option(_address, "how others reach this service", "URL"),
    "callback_url": Option(_address, "how tests beside this service reach it", "URL"),
    "data_dir": Option(Path, "folder for consoles and reports", "DIR"),
    "timezone": Option(_zone, "time zone of all shown times", "ZONE"),
    "plugins": Option(_names, "modules with parts of your own", "M,M", several=True),
    "catalog_sources": Option(_names, "plugins' sources of cases", "NAME,NAME", several=True),
    "catalog_interval": Option(_seconds, "seconds between two looks at them", "SECONDS"),
    "body_limit": Option(_within(1024, 2**30), "largest request body in bytes", "BYTES"),
    "lease": Option(_seconds, "seconds an execution may be silent", "SECONDS"),
    "sweep": Option(_seconds, "seconds between two looks at all executions", "SECONDS"),
}


#: in an address.
_CREDENTIALS: Final = re.compile(r"://[^/@\s]+@")
#: what these read may hold secrets.
_UNSHOWN: Final = (read_secret, webhook.read, _database_url)
SECRET_OPTIONS: Final = tuple(name for name, one in OPTIONS.items() if one.parse in _UNSHOWN)


def load(given: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """Merge the sources; `given` holds the command line's texts, None where nothing was said."""
    config = given.get("config") or environ.get("SISYPHUS_CONFIG")
    path = Path(config) if config else None
    table = _table(path) if path else {}
    tables = table.pop(_TABLES, {})
    sources = [_from_file(path, table)] if path else []
    sources.append(
        {
            name: (f"SISYPHUS_{name.upper()}", environ[f"SISYPHUS_{name.upper()}"])
            for name in OPTIONS
            if f"SISYPHUS_{name.upper()}" in environ
        }
    )
    sources.append(
        {name: (_flag(name), text) for name in OPTIONS if (text := given.get(name)) is not None}
    )
    merged: dict[str, tuple[str, str]] = {}
    for source in sources:
        merged |= source
    values = {name: _parsed(name, *said) for name, said in merged.items()}
    return _checked(Settings(**values, plugin_options=_plugin_options(path, tables)))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _parsed(name: str, place: str, text: str) -> Any:
    try:
        return OPTIONS[name].parse(text)
    except ValueError as error:
        shown = "that" if name in SECRET_OPTIONS else repr(_CREDENTIALS.sub("://***@", text))
        raise StartupError(f"{place}: {shown} is not usable; {error}") from error


def _table(path: Path) -> dict[str, Any]:
    """What the file says to us: at its top, or under `[sisyphus]`."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StartupError(f"cannot read the configuration {path}: {error}") from error
    table = document.get("sisyphus", document)
    if not isinstance(table, dict):
        raise StartupError(f"{path}: 'sisyphus' is not usable; give a table [sisyphus]")
    return table


def _from_file(path: Path, table: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The table's settings by option; names with `-` or `_`."""
    found = {}
    for written, value in table.items():
        name = written.replace("-", "_")
        if name not in OPTIONS:
            raise StartupError(f"{path}: unknown option {name!r}; known: {', '.join(OPTIONS)}")
        if isinstance(value, dict):
            raise StartupError(
                f"{path}: [{written}] is an option, not a table; a plugin's own is [plugin.NAME]"
            )
        found[name] = (f"{path}: {written}", _text(value, several=OPTIONS[name].several))
    return found


def _text(value: Any, *, several: bool) -> str:
    """As the command line would say it; tables are JSON there."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return json.dumps(value, default=str)
    return ",".join(map(str, value)) if several and isinstance(value, list) else str(value)


def _plugin_options(path: Path | None, tables: Any) -> Mapping[str, Mapping[str, Any]]:
    """As they stand: what may be in them, only their plugins know."""
    if not isinstance(tables, dict) or not all(isinstance(one, dict) for one in tables.values()):
        raise StartupError(f"{path}: 'plugin' holds the plugins' own tables; write [plugin.NAME]")
    return tables


def _checked(settings: Settings) -> Settings:
    if settings.auth == "none" and not is_loopback(settings.host):
        raise StartupError(
            f"--auth none is refused on {settings.host!r}: everybody could run tests; "
            "listen on 127.0.0.1 or use --auth token"
        )
    if settings.auth == "redis" and not settings.redis_url:
        raise StartupError("--auth redis needs --redis-url; give one like redis://host:6379/0")
    if settings.auth == "jwt" and bool(settings.jwt_key) == (settings.jwt_jwks is not None):
        raise StartupError("--auth jwt needs one of --jwt-key and --jwt-jwks")
    if settings.runner == "local" and not settings.project_root.is_dir():
        raise StartupError(
            f"--project-root {str(settings.project_root)!r} is not a folder; "
            "name the one with the tests"
        )
    if settings.runner == "jenkins" and not settings.jenkins_url:
        raise StartupError("--runner jenkins needs --jenkins-url; give the address of your Jenkins")
    if bool(settings.jenkins_user) != bool(settings.jenkins_token):
        raise StartupError("--jenkins-user and --jenkins-token need each other; give both or none")
    return settings


def is_guessable(settings: Settings) -> bool:
    """The shared secret opens every execution: a short one is no lock."""
    return 0 < len(settings.callback_secret) < SHORTEST


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
