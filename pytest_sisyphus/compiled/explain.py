"""What a case would do, and where each of its values comes from. Nothing is sent, no script run, no
database asked: what only a run can know is shown as it is written."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

from pytest_sisyphus.compiled.context import DEFAULT_LIMIT, PreparedCase, prepare
from pytest_sisyphus.compiled.variables import OVERRIDDEN, CaseInputs, MakeFunctions, profile_name
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.errors import SisyphusError, TemplateError
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import Function, FunctionContext
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.redact import CredentialsRedactor
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.data_source import DataSource
from pytest_sisyphus.spec.raw_steps import RawStep, raw_steps
from pytest_sisyphus.steps.request import under_base
from pytest_sisyphus.template.functions import builtin_functions
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import counted

#: characters of one value.
_LONGEST: Final = 300
_OF_PROFILE: Final = marked("profile, {place}")
_CALLED_LATER: Final = marked("is called when the case runs")
_SETTINGS: Final = (
    *("base_url", "timeout", "verify_ssl", "cert", "proxies", "retry_times", "retry_policy"),
    *("stop_on_failure", "strict", "env_file", "mask"),
)


def without_side_effects(make: MakeFunctions) -> MakeFunctions:
    """The functions; those that may ask a database, or are a user's own, are not called."""

    def functions(context: FunctionContext) -> Registry[Function]:
        harmless = {one.name for one in builtin_functions(context)} - {"db_query"}
        return Registry(
            marked("function"),
            [
                one
                if one.name in harmless
                else dataclasses.replace(one, call=_only_when_it_runs(one.name))
                for one in make(context)
            ],
        )

    return functions


def is_written(source: DataSource | None) -> bool:
    """Whether the rows stand in a file: nothing must be asked for them."""
    if source is None or source.type == "inline":
        return source is None or isinstance(source.data, LocatedList)
    return source.type in {"csv", "json"}


def explain_case(case: Case, inputs: CaseInputs) -> list[str]:
    """Lines of text, with secrets masked. `inputs.functions` are called: see
    `without_side_effects`. Raises SisyphusError where the case could not even begin."""
    prepared = prepare(case, inputs)
    try:
        return _Explanation(case, prepared).lines()
    finally:
        prepared.databases.close()


class _Explanation:
    def __init__(self, case: Case, prepared: PreparedCase) -> None:
        self._case = case
        self._prepared = prepared
        self._config: LocatedDict = prepared.config.raw
        self._profile = prepared.profile
        self._scope: Scope = prepared.scope
        self._options: Options = prepared.inputs.options

    def lines(self) -> list[str]:
        variables = {
            name: self._value(name, layer.values[name])
            for name, layer in sorted(self._scope.layers.items())
        }
        secrets = self._prepared.secrets
        secrets.learn_environment(self._prepared.inputs.environ)
        secrets.learn_named(variables)
        databases = {
            alias: _rendered(written, self._scope)
            for alias, written in (self._config.get("databases") or {}).items()
        }
        secrets.learn_named(databases)
        mask = CredentialsRedactor() if self._options.show_secrets else secrets
        lines = [
            *self._about(),
            *self._settings(),
            *_section("headers", self._headers()),
            *_section(
                "databases",
                [
                    (alias, value, str(self._config["databases"].locations[alias]))
                    for alias, value in databases.items()
                ],
            ),
            *_section(
                "variables",
                [(name, value, self._origin(name)) for name, value in variables.items()],
            ),
            *self._steps(),
        ]
        return [
            mask.text(line if isinstance(line, str) else _line(*line, mask=mask)) for line in lines
        ]

    def _about(self) -> Iterator[str]:
        parts = (self._config, self._profile, self._prepared.file_environ)
        locations = [self._case.location, *(one for part in parts for one in _locations(part))]
        files = dict.fromkeys(one.file for one in locations if one.file)
        files |= dict.fromkeys(
            one.rpartition(":")[0] for one in self._options.variable_places.values()
        )
        yield tr("  sources: {files}", files=", ".join(files))
        if not self._case.enabled:
            yield tr(
                "  enabled: false  ({place}): reported as skipped",
                place=self._case.location_of("enabled"),
            )
        row = self._prepared.inputs.row
        if row is not None:
            yield tr(
                "  row: {row}  ({number} of {total})",
                row=row.id,
                number=row.index + 1,
                total=row.total,
            )
        name = profile_name(self._prepared.config, self._options)
        if name:
            if self._options.profile:
                origin = "--sisyphus-profile"
            elif name == self._options.env_code:
                origin = tr("the execution's envCode")
            else:
                origin = str(self._config.locations["active_profile"])
            yield tr("  profile: {name}  ({origin})", name=name, origin=origin)

    def _settings(self) -> "Iterator[_Entry]":
        for key in _SETTINGS:
            if key == "env_file" and self._options.env_file is not None:
                yield "  ", key, str(self._options.env_file), "--sisyphus-env-file"
            elif key in OVERRIDDEN and self._profile.get(key) is not None:
                value = _rendered(self._profile[key], self._scope)
                yield "  ", key, value, tr("profile, {place}", place=self._profile.locations[key])
            elif key in self._config:
                value = _rendered(self._config[key], self._scope)
                yield "  ", key, value, str(self._config.locations[key])
            elif key == "timeout":
                yield "  ", key, DEFAULT_LIMIT.total, tr("default")
        mock = self._config.get("mock")
        if isinstance(mock, LocatedDict) and mock.get("enabled", True):
            rules = counted(len(mock.get("rules") or ()), "rule")
            yield (
                "  ",
                "mock",
                tr("{rules} instead of the network", rules=rules),
                str(mock.location),
            )

    def _headers(self) -> "list[tuple[str, Any, str]]":
        found: dict[str, tuple[str, Any, str]] = {}
        for origin_of, section in (("{place}", self._config), (_OF_PROFILE, self._profile)):
            headers = section.get("headers") or LocatedDict(section.location)
            for name, written in headers.items():
                origin = tr(origin_of, place=headers.locations[name])
                found[str(name).lower()] = name, _rendered(written, self._scope), origin
        return [*found.values()]

    def _value(self, name: str, written: Any) -> Any:
        try:
            return self._scope.lookup(name)
        except SisyphusError as error:
            return _AsWritten(written, error)

    def _origin(self, name: str) -> str:
        """Where a variable's value comes from."""
        origin, config, profile = self._scope.layers[name].origin, self._config, self._profile
        if origin == "base_url":
            return str(config.locations["base_url"])
        if origin == "row":
            return tr("data row, {place}", place=config.locations["data_source"])
        if origin == "environment":
            return self._environment_origin(name)
        if origin == "option":
            return self._options.variable_places.get(name) or "--sisyphus-var"
        if origin == "variables":
            return str(config["variables"].locations[name])
        if origin == "env_vars.overrides":
            return tr(
                "env_vars.overrides, {place}", place=config["env_vars"]["overrides"].locations[name]
            )
        section = profile.get("variables" if origin == "profile" else "overrides")
        places = section.locations if isinstance(section, LocatedDict) else {}
        return tr(
            "profile, {place}",
            place=places.get(name) or profile.locations.get(name, profile.location),
        )

    def _environment_origin(self, name: str) -> str:
        env_vars = self._config["env_vars"]
        mapped = (env_vars.get("mapping") or {}).get(name)
        prefix = str(env_vars.get("prefix") or "")
        environ = self._prepared.inputs.environ
        if mapped is not None and str(mapped) in environ:
            of = str(mapped)
        else:
            of = next(
                one
                for one in environ
                if one.startswith(prefix) and one.removeprefix(prefix).lower() == name
            )
        file = self._prepared.file_environ
        is_of_file = of in file and environ[of] == file[of]
        return f"{file.locations[of]}" if is_of_file else tr("environment variable {name}", name=of)

    def _steps(self) -> "Iterator[str | _Entry]":
        for section in ("setup", "steps", "teardown"):
            steps = raw_steps(self._case.raw.get(section), self._prepared.inputs.validation)
            if steps:
                yield f"  {section}:"
                for step in steps:
                    yield from self._step(step, "    ")

    def _step(self, step: RawStep, indent: str) -> Iterator[str]:
        raw = step.raw
        parts = [self._action(raw)]
        for key, words in (
            ("only_if", marked("only if {condition}")),
            ("skip_if", marked("skipped if {condition}")),
        ):
            if key in raw:
                parts.append(tr(words, condition=_text(raw[key])))
        if "depends_on" in raw:
            parts.append(tr("after {steps}", steps=_text(raw["depends_on"])))
        checks = sum(len(raw.get(key) or ()) for key in ("validations", "validate", "assertions"))
        if checks:
            parts.append(counted(checks, "check"))
        name = _rendered(raw.get("name"), self._scope)
        yield f"{indent}{_text(name)} - {', '.join(parts)}  ({raw.location})"
        for one in (*step.before, *step.after):
            yield from self._step(one, f"{indent}  ")

    def _action(self, raw: LocatedDict) -> str:
        kind = self._prepared.inputs.validation.steps[str(raw.get("type", "request"))].name
        request = raw if kind == "request" else raw.get("request")
        if isinstance(request, LocatedDict) and "url" in request:
            method = _text(_rendered(request.get("method", "GET"), self._scope))
            url = _text(_rendered(request["url"], self._scope))
            base = _text(_rendered("${base_url | default('')}", self._scope))
            whole = url if url.startswith("${") or not base else under_base(url.strip(), base)
            return f"{method} {whole}" if kind == "request" else f"{kind}, {method} {whole}"
        if kind == "case":
            which = f" {_text(raw['case'])!r}" if "case" in raw else ""
            return tr("case{which} of {file}", which=which, file=_text(raw.get("file")))
        if kind == "script":
            return tr(
                "script, {lines}", lines=counted(len(str(raw.get("script")).splitlines()), "line")
            )
        if kind == "database":
            named = raw.get("database")
            alias = (
                named if isinstance(named, str) and "://" not in named else tr("its own settings")
            )
            return tr("database {alias}: {sql}", alias=alias, sql=_text(raw.get("sql")))
        return str(kind)


class _AsWritten(str):
    """What only a run can know."""

    __slots__ = ("note",)

    #: why it is not known.
    note: str

    def __new__(cls, written: Any, error: SisyphusError) -> "_AsWritten":
        made = super().__new__(cls, _text_of(written))
        message = str(error)
        made.note = (
            tr("when it runs")
            if tr(_CALLED_LATER) in message
            else tr("not known yet: {why}", why=_text(message))
        )
        return made


#: indentation, key, value, where it comes from.
_Entry = tuple[str, str, Any, str]


def _section(title: str, entries: list[tuple[str, Any, str]]) -> "Iterator[str | _Entry]":
    if entries:
        yield f"  {title}:"
        for key, value, origin in entries:
            yield "    ", str(key), value, origin


def _line(indent: str, key: str, value: Any, origin: str, *, mask: Any) -> str:
    masked = mask.data({key: value})[key]
    if isinstance(value, _AsWritten):
        return f"{indent}{key} = {_text(masked)}  ({origin}, {value.note})"
    text = exact_json.dumps(masked, ensure_ascii=False, default=repr)
    return f"{indent}{key} = {_text(text)}  ({origin})"


def _text(value: Any) -> str:
    line = " ".join(_text_of(value).split("\n"))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(exact_json.dumps(value, ensure_ascii=False, default=repr))


def _rendered(written: Any, scope: Scope) -> Any:
    try:
        return render_value(written, scope)
    except SisyphusError as error:
        return _AsWritten(written, error)


def _locations(value: Any) -> Iterator[Any]:
    if isinstance(value, LocatedDict):
        for key, item in value.items():
            yield value.locations[key]
            yield from _locations(item)


def _only_when_it_runs(name: str) -> Any:
    def refuse(*_: Any, **__: Any) -> Any:
        raise TemplateError(f"{name}() {tr(_CALLED_LATER)}")

    return refuse
