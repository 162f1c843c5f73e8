"""What a case's variables are: the inputs of its run, the active profile, the layers that they
make. No value is rendered here but the name of an `env_file`."""

import difflib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import Registry, did_you_mean, near
from pytest_sisyphus.extensions.types import Function, FunctionContext
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, Location
from pytest_sisyphus.redact import Redactor
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.config import Config
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.env_file import display_name_of, read_env_file
from pytest_sisyphus.spec.extractor import expand_extractors
from pytest_sisyphus.spec.raw_steps import raw_steps, walk
from pytest_sisyphus.sql.databases import Databases
from pytest_sisyphus.template.names import EnvironmentVariables, Fixtures
from pytest_sisyphus.template.scope import Layer, Scope
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values.record import record

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


def file_environ(config: Config, inputs: CaseInputs, scope: Scope) -> LocatedDict:
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
            raise ConfigError(
                tr(
                    "{location}: env_file: there is no file {written!r}",
                    location=location,
                    written=written,
                )
            )
        found = read_env_file(path, display_name_of(written, location))
    return found.only([name for name in found if options.may_be_read(name)])


def scope_of(
    case: Case,
    config: Config,
    inputs: CaseInputs,
    databases: Databases,
    secrets: Redactor,
) -> Scope:
    """The variables. None is rendered yet, no function made. Raises ConfigError."""
    profile = active_profile(config, inputs.options)

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
            "env": EnvironmentVariables(inputs.environ),
            "fixtures": Fixtures(inputs.fixtures),
            "response": {},
            "steps": {},
            "active_profile": profile_name(config, inputs.options),
        },
        learn=secrets.learn_named,
        setter_of=lambda name: _setter_of(name, case, inputs.validation),
    )
    # the active profile's sections over the config's own
    over = {key: profile[key] for key in OVERRIDDEN if profile.get(key) is not None}
    scope.builtins["config"] = _LazyConfig({**config.raw, **over}, scope)
    if (row := inputs.row) is not None:
        scope.builtins["data"] = _LazyConfig(row.values, scope) if row.templates else row.values
        scope.builtins["_data_index"], scope.builtins["_data_total"] = row.index, row.total
    return scope


def _setter_of(name: str, case: Case, validation: ValidationContext) -> str:
    """The first step of the case that extracts the variable: `; …`, or nothing."""
    steps = (raw_steps(case.raw.get(key), validation) for key in ("setup", "steps", "teardown"))
    for step in walk(itertools.chain.from_iterable(steps)):
        extractors = expand_extractors(step.raw.get("extractors", step.raw.get("extract")))
        for one in extractors if isinstance(extractors, list) else ():
            if isinstance(one, dict) and one.get("name") == name:
                place = step.raw.location
                return tr("; step {step!r} ({place}) sets it", step=step.name, place=place)
    return ""


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
    meant = did_you_mean(close)
    return tr(
        "{location}: the execution runs in environment {name!r}, which is no "
        "profile of this case; its profiles: {profiles}{meant}",
        location=location,
        name=name,
        profiles=", ".join(profiles),
        meant=meant,
    )


def active_profile(config: Config, options: Options) -> LocatedDict:
    name = profile_name(config, options)
    if not name:
        return LocatedDict(config.location)
    if name not in config.profiles:
        known = near(name, config.profiles) or tr("; the case has no profiles")
        raise ConfigError(
            tr(
                "there is no profile {name!r}, which --sisyphus-profile names{known}"
                if name == options.profile
                else "there is no profile {name!r}{known}",
                name=name,
                known=known,
            )
        )
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
