"""What a case starts with: its config under the active profile, its variables in layers."""

import dataclasses
import difflib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Final

from .clock import Clock
from .dialect.case import Case
from .dialect.config import Config, Retrying
from .dialect.model import late_fields, read
from .dialect.reading import Reading
from .dialect.step import StepSpec
from .errors import ConfigError
from .located import LocatedDict, Place
from .models.parts import Function, Tools
from .options import Options
from .redact import Redactor
from .registry import Registry, near
from .render.scope import Layer, Scope
from .render.template import render_value
from .retry import Retries, retries
from .steps.databases import Databases
from .steps.protocol import Settings, limit_of
from .transport.http import HttpSession, Limit

_UNREAD: Final = 100
DEFAULT_LIMIT: Final = Limit(total=30.0, connect=30.0, read=30.0)

#: the functions of one case, from what they may use.
MakeFunctions = Callable[[Tools], Registry[Function]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the data source."""

    index: int
    total: int
    id: str
    values: Mapping[str, Any]
    #: before each column's name, where it is a variable.
    prefix: str = ""
    #: the values are the case file's own texts, with templates.
    templates: bool = False
    #: the values come from a database.
    foreign: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything one run of a case needs, made fresh for it."""

    name: str
    scope: Scope
    settings: Settings
    config: Config
    http: HttpSession
    databases: Databases
    reading: Reading
    #: what the case showed to be secret so far, and its mask.
    secrets: Redactor
    #: the latest documents, in whatever scope, that nobody looked for secrets in yet.
    unread: deque[Mapping[str, Any]]

    def retries(self, spec: StepSpec, scope: Scope) -> Retries:
        """Raises ConfigError, TemplateError."""
        kind = self.reading.steps[spec.type]
        return retries(
            _retry_keys(spec, scope, self.reading),
            _retry_keys(self.config, scope, self.reading) if kind.retried else None,
        )

    def close(self) -> None:
        self.http.close()
        self.databases.close()


class _LazyConfig(Mapping[str, Any]):
    """`config` in templates: each value is rendered when it is read."""

    def __init__(self, written: Mapping[str, Any], scope: Callable[[], Scope]) -> None:
        self.written = written
        self._scope = scope

    def __getitem__(self, key: str) -> Any:
        value = self.written[key]
        if isinstance(value, Mapping):
            return _LazyConfig(value, self._scope)
        return render_value(value, self._scope())

    def __iter__(self) -> Iterator[str]:
        return iter(self.written)

    def __len__(self) -> int:
        return len(self.written)

    def __repr__(self) -> str:
        return f"<config with {', '.join(map(str, self.written))}>"


def plan(
    case: Case,
    *,
    reading: Reading,
    options: Options,
    functions: MakeFunctions,
    clock: Clock,
    environ: Mapping[str, str],
    fixtures: Mapping[str, Any],
    seed: str,
    row: Row | None = None,
) -> Plan:
    """Raises ConfigError, TemplateError."""
    config = case.config or _empty_config(case.place, reading)
    profile = _profile(config, options)
    lazy: list[Scope] = []
    settings: list[Settings] = []
    databases = Databases(
        aliases=config.databases,
        render=lambda written: written.rendered(lazy[0], reading),
        folder=lambda: reading.resolve(".", case.place),
        limit=lambda: settings[0].limit if settings else DEFAULT_LIMIT,
    )
    secrets = Redactor(extra_names=config.mask)
    secrets.learn_environment(environ)
    secrets.learn_objects(fixtures)
    random = Random(seed)  # noqa: S311 - test data, no secret
    tools = Tools(random=random, clock=clock, environ=environ, db_query=databases.query)
    layers = _layers(config, profile, options, environ, row)
    scope = Scope(
        layers=layers,
        functions=functions(tools),
        always={
            "config": _LazyConfig(_merged(config, profile), lambda: lazy[0]),
            "env": environ,
            "fixtures": fixtures,
            "response": {},
            "steps": {},
            "active_profile": _profile_name(config, options),
            **_row_names(row, lambda: lazy[0]),
        },
        learn=secrets.learn_named,
    )
    lazy.append(scope)
    try:
        settings.append(_settings(config, profile, scope, reading, options))
    except BaseException:
        databases.close()  # a setting may have asked one
        raise
    return Plan(
        name=case.name if row is None else f"{case.name}[{row.id}]",
        scope=scope,
        settings=settings[0],
        config=config,
        http=HttpSession(max_decoded=options.max_decoded),
        databases=databases,
        reading=reading,
        secrets=secrets,
        unread=deque(maxlen=_UNREAD),
    )


def _empty_config(place: Place, reading: Reading) -> Config:
    return Config.model_validate(LocatedDict(place), context=reading)


def _profile_name(config: Config, options: Options) -> str | None:
    of_execution = options.env_code if options.env_code in config.profiles else None
    return options.profile or of_execution or config.active_profile


def why_blocked(case: Case, options: Options) -> str:
    """An execution's environment that the case has no profile for, though it has others; empty:
    it can run. Whoever names a profile on the command line has chosen."""
    config, name = case.config, options.env_code
    if config is None or not config.profiles or not name or options.profile:
        return ""
    if name in config.profiles:
        return ""
    close = difflib.get_close_matches(name, config.profiles, n=2)
    meant = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
    place = config.written.key_places["profiles"]
    return (
        f"{place}: the execution runs in environment {name!r}, which is "
        f"no profile of this case; its profiles: {', '.join(config.profiles)}{meant}"
    )


def _profile(config: Config, options: Options) -> LocatedDict:
    name = _profile_name(config, options)
    if not name:
        return LocatedDict(config.place)
    if name not in config.profiles:
        chosen = ", which --sisyphus-profile names" if name == options.profile else ""
        known = near(name, config.profiles) or "; the case has no profiles"
        raise ConfigError(f"there is no profile {name!r}{chosen}{known}")
    return config.profiles[name].written


def _layers(
    config: Config,
    profile: LocatedDict,
    options: Options,
    environ: Mapping[str, str],
    row: Row | None,
) -> list[Layer]:
    """Low to high, as the dialect's precedence says; runtime variables come above them all."""
    written = config.written
    base = {"base_url": written["base_url"]} if written.get("base_url") else {}
    env_vars = written.get("env_vars") or {}
    own_keys = {key: value for key, value in profile.items() if key not in _PROFILE_SECTIONS}
    return [
        Layer(values=written.get("variables") or {}, templates=True),
        Layer(values=base, templates=True),
        _row_layer(row),
        Layer(values={**own_keys, **(profile.get("variables") or {})}, templates=True),
        Layer(values=_from_environment(env_vars, environ)),
        Layer(values=env_vars.get("overrides") or {}, templates=True),
        Layer(values=profile.get("overrides") or {}, templates=True),
        Layer(values=options.variables),
    ]


_PROFILE_SECTIONS = frozenset({"variables", "overrides", "headers", "proxies", "priority"})


def _from_environment(env_vars: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    prefix = str(env_vars.get("prefix") or "")
    if prefix and env_vars.get("load_from_os"):
        found = {
            name[len(prefix) :].lower(): value
            for name, value in environ.items()
            if name.startswith(prefix) and name != prefix
        }
    mapping = env_vars.get("mapping") or {}
    mapped = {name: environ[str(of)] for name, of in mapping.items() if str(of) in environ}
    return {**found, **mapped}


def _row_layer(row: Row | None) -> Layer:
    if row is None:
        return Layer(values={})
    values = {f"{row.prefix}{name}": value for name, value in row.values.items()}
    return Layer(values=values, templates=row.templates, foreign=row.foreign)


def _row_names(row: Row | None, scope: Callable[[], Scope]) -> dict[str, Any]:
    if row is None:
        return {}
    data = _LazyConfig(row.values, scope) if row.templates else row.values
    return {"data": data, "_data_index": row.index, "_data_total": row.total}


def _merged(config: Config, profile: LocatedDict) -> dict[str, Any]:
    """The config as written, the active profile's sections over its own."""
    shared = {key: profile[key] for key in _MERGED if profile.get(key) is not None}
    return {**config.written, **shared}


_MERGED = ("base_url", "timeout", "verify_ssl", "proxies")


def _settings(
    config: Config, profile: LocatedDict, scope: Scope, reading: Reading, options: Options
) -> Settings:
    rendered = config.rendered(scope, reading, only=_RENDERED)
    active = (
        config.profiles[str(_profile_name(config, options))].rendered(scope, reading)
        if profile
        else None
    )
    verify = active.verify_ssl if active and active.verify_ssl is not None else None
    proxies = active.proxies if active and active.proxies is not None else rendered.proxies
    return Settings(
        limit=limit_of(
            active.timeout if active and active.timeout is not None else rendered.timeout,
            DEFAULT_LIMIT,
        ),
        headers={**rendered.headers, **(active.headers if active else {})},
        proxies=proxies,
        verify_ssl=rendered.verify_ssl if verify is None else verify,
        stop_on_failure=rendered.stop_on_failure,
        strict=rendered.strict,
        scripts=options.scripts,
        mock=config.mock,
        sections={key: config.written.get(key) for key in late_fields(Config)},
    )


_RENDERED = ("timeout", "headers", "proxies", "verify_ssl", "stop_on_failure", "strict")


def _retry_keys(model: StepSpec | Config, scope: Scope, reading: Reading) -> Retrying:
    values = LocatedDict(model.place)
    for key in Retrying.model_fields:
        if model.wrote(key):
            value = render_value(model.written[key], scope)
            values.put(key, value, place=model.place_of(key), key_place=model.place_of(key))
    return read(Retrying, values, dataclasses.replace(reading, rendered=True))
