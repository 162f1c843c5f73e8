"""What a case starts with: its config under the active profile, its variables in layers."""

import contextlib
import dataclasses
import difflib
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.compiled.retry import Retries, retries_of
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import Registry, near
from pytest_sisyphus.extensions.types import Function, FunctionContext
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit
from pytest_sisyphus.location import LocatedDict, Location
from pytest_sisyphus.redact import Redactor
from pytest_sisyphus.spec.called_case import CalledCase
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.certificates import ca_file, client_certificate
from pytest_sisyphus.spec.config import Config, Retrying
from pytest_sisyphus.spec.construct import fast_constructor
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.env_file import display_name_of, read_env_file
from pytest_sisyphus.spec.model import deferred_fields, read
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.sql.databases import Databases
from pytest_sisyphus.steps.protocol import Settings, limit_of
from pytest_sisyphus.template.scope import Layer, Scope
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values.record import record

DEFAULT_LIMIT: Final = Limit(total=30.0, connect=30.0, read=30.0)
_MAX_UNSCANNED: Final = 100

#: the functions of one case, from what they may use.
MakeFunctions = Callable[[FunctionContext], Registry[Function]]


@record
class Row:
    """One row of the data source."""

    index: int
    total: int
    id: str
    values: Mapping[str, Any]
    #: put before each column's name to make the variable's name.
    prefix: str = ""
    #: the values are the case file's own texts, with templates.
    templates: bool = False
    #: the values come from a database.
    untrusted: bool = False


@record
class CaseInputs:
    """What a case is run with, besides what its file says."""

    validation: ValidationContext
    options: Options
    functions: MakeFunctions
    clock: Clock
    #: environment variables that cases may see.
    environ: Mapping[str, str]
    fixtures: Mapping[str, Any]
    #: of the random functions.
    seed: str
    row: Row | None = None


@record
class PreparedCase:
    """A case of which nothing is rendered yet but the name of its `env_file`, nothing connected."""

    config: Config
    #: the active profile, as it is written; empty: there is none.
    profile: LocatedDict
    #: with the variables of the `.env` file.
    inputs: CaseInputs
    #: what the `.env` file says, and cases may read.
    file_environ: LocatedDict
    databases: Databases
    scope: Scope
    secrets: Redactor


def prepare(case: Case, inputs: CaseInputs, secrets: Redactor | None = None) -> PreparedCase:
    """`secrets`: where those of a case that calls this one are kept. Raises ConfigError,
    TemplateError."""
    validation, options = inputs.validation, inputs.options
    config: Config = case.config or fast_constructor(Config)(LocatedDict(case.location), validation)
    profile = _profile(config, options)
    secrets = Redactor() if secrets is None else secrets
    secrets.add_names(config.mask)
    secrets.learn_objects(inputs.fixtures)
    databases = Databases(
        aliases=config.databases,
        folder=lambda location: validation.resolve(".", location),
        query_limit=DEFAULT_LIMIT,
    )
    scope = _scope(config, profile, inputs, databases, secrets)
    databases.bind(scope, validation)
    file_environ = LocatedDict(config.location)
    if options.file_environ or config.env_file:
        file_environ = _file_environ(config, inputs, scope)
        inputs = dataclasses.replace(inputs, environ={**file_environ, **inputs.environ})
        scope = _scope(config, profile, inputs, databases, secrets)
        databases.bind(scope, validation)
    return PreparedCase(
        config=config,
        profile=profile,
        inputs=inputs,
        file_environ=file_environ,
        databases=databases,
        scope=scope,
        secrets=secrets,
    )


@record
class CaseContext:
    """Everything one run of a case needs, made anew for it."""

    #: of the case, with its data row.
    name: str
    scope: Scope
    settings: Settings
    config: Config
    http: HttpSession
    databases: Databases
    validation: ValidationContext
    #: what the case showed to be secret so far, and its mask.
    secrets: Redactor
    #: the latest documents, in whatever scope, that were not yet searched for secrets.
    unscanned: deque[Mapping[str, Any]]
    #: as they were given, without what a `.env` file adds.
    inputs: CaseInputs
    #: of the case and of those that it is calling.
    scopes: list[Scope]
    #: counts the cases that it calls.
    calls: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    @classmethod
    def create(
        cls, case: Case, inputs: CaseInputs, secrets: Redactor | None = None
    ) -> "CaseContext":
        """Raises ConfigError, TemplateError.

        `secrets`: where those of a case that calls this one are kept.

        Databases, variables and settings need each other, so they are made in two phases: first the
        databases and the scope, which render and connect nothing; then the scope is given to the
        databases, and the settings are rendered, for which a template may query one.
        """
        prepared = prepare(case, inputs, secrets)
        config, databases = prepared.config, prepared.databases
        validation, options = inputs.validation, inputs.options
        scope, secrets = prepared.scope, prepared.secrets
        secrets.learn_environment(prepared.inputs.environ)
        try:
            settings = _settings(config, prepared.profile, scope, validation, options)
        except BaseException:
            databases.close()
            raise
        databases.query_limit = settings.limit
        row = inputs.row
        return cls(
            name=case.name if row is None else f"{case.name}[{row.id}]",
            scope=scope,
            settings=settings,
            config=config,
            http=HttpSession(max_decoded=options.max_decoded),
            databases=databases,
            validation=validation,
            secrets=secrets,
            unscanned=deque(maxlen=_MAX_UNSCANNED),
            inputs=inputs,
            scopes=[scope],
        )

    @contextlib.contextmanager
    def called(self, called: CalledCase) -> Iterator["CaseContext"]:
        """The context of a case that a step of this one runs: with the same cookies and secrets,
        and variables and databases of its own. Raises ConfigError, TemplateError."""
        case, given = called.case, self.inputs.fixtures
        if missing := [name for name in case.usefixtures if name not in given]:
            place = case.location_of("usefixtures")
            raise ConfigError(
                f"the case {case.name!r} uses the fixture {missing[0]!r} ({place}), which the case "
                f"that runs does not request; write usefixtures: [{missing[0]}] into the file of "
                "that one, too"
            )
        inputs = dataclasses.replace(
            self.inputs,
            validation=called.validation,
            seed=f"{self.inputs.seed}/{next(self.calls)}",
            row=None,
        )
        own = CaseContext.create(case, inputs, self.secrets)
        self.scopes.append(own.scope)
        try:
            yield dataclasses.replace(
                own, http=self.http, unscanned=self.unscanned, scopes=self.scopes
            )
        finally:
            self.secrets.learn_named(own.scope.snapshot())
            self.secrets.learn_named({"password": sorted(own.databases.secrets)})
            self.scopes.remove(own.scope)
            own.databases.close()

    def retries(self, spec: StepSpec, scope: Scope) -> Retries:
        """Raises ConfigError, TemplateError."""
        kind = self.validation.steps[spec.type]
        return retries_of(
            _retrying(spec, scope, self.validation),
            _retrying(self.config, scope, self.validation) if kind.retried else None,
        )

    def retries_are_fixed(self, spec: StepSpec) -> bool:
        """No template is rendered for them."""
        return all(one.templated_keys.isdisjoint(_RETRY_KEYS) for one in (spec, self.config))

    def close(self) -> None:
        self.http.close()
        self.databases.close()


class _LazyConfig(Mapping[str, Any]):
    """`config` in templates: each value is rendered when it is read."""

    def __init__(self, written: Mapping[str, Any], scope: Scope) -> None:
        self.raw = written
        self._scope = scope

    def __getitem__(self, key: str) -> Any:
        value = self.raw[key]
        if isinstance(value, Mapping):
            return _LazyConfig(value, self._scope)
        return render_value(value, self._scope)

    def __contains__(self, key: object) -> bool:
        return key in self.raw

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __repr__(self) -> str:
        return f"<config with {', '.join(map(str, self.raw))}>"


def _file_environ(config: Config, inputs: CaseInputs, scope: Scope) -> LocatedDict:
    """What cases may read of the `.env` file that the command line or the case names. `scope`: for
    the name of that file.

    Raises ConfigError, TemplateError.
    """
    options = inputs.options
    known = options.file_environ
    found = known if isinstance(known, LocatedDict) else LocatedDict(config.location)
    if options.env_file is None and config.env_file:
        location = config.location_of("env_file")
        written = str(render_value(config.env_file, scope))
        path = inputs.validation.resolve(written, location)
        if not path.is_file():
            raise ConfigError(f"{location}: env_file: there is no file {written!r}")
        found = read_env_file(path, display_name_of(written, location))
    return found.only([name for name in found if options.may_be_read(name)])


def _scope(
    config: Config,
    profile: LocatedDict,
    inputs: CaseInputs,
    databases: Databases,
    secrets: Redactor,
) -> Scope:
    """The variables. None is rendered yet, no function made."""

    def functions() -> Registry[Function]:
        function_context = FunctionContext(
            random=Random(inputs.seed),  # noqa: S311 - test data, no secret
            clock=inputs.clock,
            environ=inputs.environ,
            db_query=databases.query,
        )
        return inputs.functions(function_context)

    scope = Scope(
        layers=_layers(config, profile, inputs),
        functions=functions,
        builtins={
            "env": inputs.environ,
            "fixtures": inputs.fixtures,
            "response": {},
            "steps": {},
            "active_profile": profile_name(config, inputs.options),
        },
        learn=secrets.learn_named,
    )
    # the active profile's sections over the config's own
    over = {key: profile[key] for key in OVERRIDDEN if profile.get(key) is not None}
    scope.builtins["config"] = _LazyConfig({**config.raw, **over}, scope)
    if (row := inputs.row) is not None:
        scope.builtins["data"] = _LazyConfig(row.values, scope) if row.templates else row.values
        scope.builtins["_data_index"], scope.builtins["_data_total"] = row.index, row.total
    return scope


#: what a profile has of these goes over what `config` has.
OVERRIDDEN: Final = ("base_url", "timeout", "verify_ssl", "cert", "proxies")


def profile_name(config: Config, options: Options) -> str | None:
    of_execution = options.env_code if options.env_code in config.profiles else None
    return options.profile or of_execution or config.active_profile


def missing_profile(profiles: Sequence[str], location: Location, options: Options) -> str:
    """The message for a case that has profiles, but none for the execution's environment; empty
    when it can run, also by a profile that the command line names. `place`: of the profiles."""
    name = options.env_code
    if not profiles or not name or options.profile or name in profiles:
        return ""
    close = difflib.get_close_matches(name, profiles, n=2)
    meant = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
    return (
        f"{location}: the execution runs in environment {name!r}, which is "
        f"no profile of this case; its profiles: {', '.join(profiles)}{meant}"
    )


def _profile(config: Config, options: Options) -> LocatedDict:
    name = profile_name(config, options)
    if not name:
        return LocatedDict(config.location)
    if name not in config.profiles:
        chosen = ", which --sisyphus-profile names" if name == options.profile else ""
        known = near(name, config.profiles) or "; the case has no profiles"
        raise ConfigError(f"there is no profile {name!r}{chosen}{known}")
    return config.profiles[name].raw


def _layers(config: Config, profile: LocatedDict, inputs: CaseInputs) -> list[Layer]:
    """Low to high, as the dialect's precedence says; runtime variables come above them all."""
    written = config.raw
    base = {"base_url": written["base_url"]} if written.get("base_url") else {}
    env_vars = written.get("env_vars") or {}
    own_keys = {key: value for key, value in profile.items() if key not in _PROFILE_SECTIONS}
    row = Layer(values={})
    if inputs.row is not None:
        row = Layer(
            values={f"{inputs.row.prefix}{name}": one for name, one in inputs.row.values.items()},
            templates=inputs.row.templates,
            untrusted=inputs.row.untrusted,
            origin="row",
        )
    return [
        Layer(values=written.get("variables") or {}, templates=True, origin="variables"),
        Layer(values=base, templates=True, origin="base_url"),
        row,
        Layer(
            values={**own_keys, **(profile.get("variables") or {})},
            templates=True,
            origin="profile",
        ),
        Layer(values=_from_environment(env_vars, inputs.environ), origin="environment"),
        Layer(values=env_vars.get("overrides") or {}, templates=True, origin="env_vars.overrides"),
        Layer(values=profile.get("overrides") or {}, templates=True, origin="overrides"),
        Layer(values=inputs.options.variables, origin="option"),
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


def _settings(
    config: Config,
    profile: LocatedDict,
    scope: Scope,
    validation: ValidationContext,
    options: Options,
) -> Settings:
    rendered = config.rendered(scope, validation, only=_RENDERED)
    active = (
        config.profiles[str(profile_name(config, options))].rendered(scope, validation)
        if profile
        else None
    )
    verifying = active if active and active.verify_ssl is not None else rendered
    certified = active if active and active.is_set("cert") else rendered
    proxies = active.proxies if active and active.proxies is not None else rendered.proxies
    return Settings(
        limit=limit_of(
            active.timeout if active and active.timeout is not None else rendered.timeout,
            DEFAULT_LIMIT,
        ),
        headers={**rendered.headers, **(active.headers if active else {})},
        proxies=proxies,
        verify_ssl=ca_file(
            True if verifying.verify_ssl is None else verifying.verify_ssl,
            verifying.location_of("verify_ssl"),
            validation.resolve,
        ),
        cert=client_certificate(certified.cert, certified.location_of("cert"), validation.resolve),
        stop_on_failure=rendered.stop_on_failure,
        strict=rendered.strict,
        scripts=options.scripts,
        mock=config.mock,
        sections={key: config.raw.get(key) for key in deferred_fields(Config)},
    )


_RENDERED = ("timeout", "headers", "proxies", "verify_ssl", "cert", "stop_on_failure", "strict")


def _retrying(
    model: StepSpec | Config, scope: Scope, validation: ValidationContext
) -> Retrying | None:
    """None: the model says nothing of it."""
    written = model.raw
    keys = [key for key in _RETRY_KEYS if key in written]
    if not keys:
        return None
    values = LocatedDict(model.location)
    for key in keys:
        values.take(written, key)
        values[key] = render_value(written[key], scope)
    return read(Retrying, values, validation.for_rendered)


_RETRY_KEYS: Final = tuple(Retrying.model_fields)
