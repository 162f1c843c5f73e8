"""What one run of a case has: its variables, its settings under the active profile, what it is
connected by."""

import contextlib
import dataclasses
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.compiled.retry import Retries, retries_of
from pytest_sisyphus.compiled.variables import (
    CaseInputs,
    active_profile,
    file_environ,
    profile_name,
    scope_of,
)
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.redact import Redactor
from pytest_sisyphus.spec.called_case import CalledCase
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.certificates import ca_file, client_certificate
from pytest_sisyphus.spec.config import Config, Profile, Retrying
from pytest_sisyphus.spec.construct import fast_constructor
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.model import deferred_fields, read
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.sql.databases import Databases
from pytest_sisyphus.steps.protocol import Settings, limit_of
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values.record import record

DEFAULT_LIMIT: Final = Limit(total=30.0, connect=30.0, read=30.0)
_MAX_UNSCANNED: Final = 100


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
    profile = active_profile(config, options)
    secrets = Redactor() if secrets is None else secrets
    secrets.add_names(config.mask)
    secrets.learn_objects(inputs.fixtures)
    databases = Databases(
        aliases=config.databases,
        folder=lambda location: validation.resolve(".", location),
        query_limit=DEFAULT_LIMIT,
    )
    scope = scope_of(case, config, inputs, databases, secrets)
    databases.bind(scope, validation)
    environ = LocatedDict(config.location)
    if options.file_environ or config.env_file:
        environ = file_environ(config, inputs, scope)
        inputs = dataclasses.replace(inputs, environ={**environ, **inputs.environ})
        scope = scope_of(case, config, inputs, databases, secrets)
        databases.bind(scope, validation)
    return PreparedCase(
        config=config,
        profile=profile,
        inputs=inputs,
        file_environ=environ,
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
        cls,
        case: Case,
        inputs: CaseInputs,
        secrets: Redactor | None = None,
        *,
        is_for_rows: bool = False,
    ) -> "CaseContext":
        """Raises ConfigError, TemplateError.

        `secrets`: where those of a case that calls this one are kept. `is_for_rows`: the rows are
        not known yet, which headers and the like may name; these stay away.

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
            make = _settings_for_rows if is_for_rows else _settings
            name = profile_name(config, options) if prepared.profile else None
            profile = None if name is None else config.profiles[name]
            settings = make(config, profile, scope, validation, options)
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
                tr(
                    "the case {name!r} uses the fixture {fixture!r} ({place}), which the "
                    "case that runs does not request; write usefixtures: [{fixture}] into "
                    "the file of that one, too",
                    name=case.name,
                    fixture=missing[0],
                    place=place,
                )
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


def _settings(
    config: Config,
    profile: Profile | None,
    scope: Scope,
    validation: ValidationContext,
    options: Options,
) -> Settings:
    rendered = config.rendered(scope, validation, only=_RENDERED)
    active = profile and profile.rendered(scope, validation, only=_RENDERED)
    verifying = active if active and active.verify_ssl is not None else rendered
    certified = active if active and active.is_set("cert") else rendered
    proxies = active.proxies if active and active.proxies is not None else rendered.proxies
    return Settings(
        limit=limit_of(
            active.timeout if active and active.timeout is not None else rendered.timeout,
            DEFAULT_LIMIT,
        ),
        headers=_headers([config, *([profile] if profile else ())], scope, validation),
        proxies=proxies,
        verify_ssl=ca_file(
            True if verifying.verify_ssl is None else verifying.verify_ssl,
            verifying.location_of("verify_ssl"),
            validation.resolve,
        ),
        cert=client_certificate(certified.cert, certified.location_of("cert"), validation.resolve),
        stop_on_failure=rendered.stop_on_failure,
        strict=rendered.strict,
        default_encoding=rendered.default_encoding,
        scripts=options.scripts,
        mock=config.mock,
        sections={key: config.raw.get(key) for key in deferred_fields(Config)},
    )


def _headers(
    sections: Iterable[Config | Profile], scope: Scope, validation: ValidationContext
) -> dict[str, Any]:
    """As written: each request renders them. What is one template as a whole is rendered now."""
    found: dict[str, tuple[str, Any]] = {}
    for section in sections:
        written = section.raw.get("headers") or {}
        if not isinstance(written, Mapping):
            written = section.rendered(scope, validation, only=("headers",)).headers
        found |= {str(name).lower(): (name, value) for name, value in written.items()}
    return dict(found.values())


def _settings_for_rows(
    config: Config,
    profile: Profile | None,
    scope: Scope,
    validation: ValidationContext,
    options: Options,
) -> Settings:
    only = ("timeout",)
    timeout = config.rendered(scope, validation, only=only).timeout
    if profile:
        timeout = profile.rendered(scope, validation, only=only).timeout or timeout
    return Settings(
        limit=limit_of(timeout, DEFAULT_LIMIT),
        headers={},
        proxies=None,
        verify_ssl=True,
        stop_on_failure=False,
        strict=False,
        default_encoding=config.default_encoding,
        scripts=options.scripts,
    )


_RENDERED = (
    "timeout",
    "proxies",
    "verify_ssl",
    "cert",
    "stop_on_failure",
    "strict",
    "default_encoding",
)


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
