"""The older engine's newer dialect, whose files have `config` and `teststeps`, as this one."""

import re
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.columns import RowNames, columns_of, settle_rows
from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import name_step, put, unique_step_names, with_texts
from pytest_sisyphus.convert.older_checks import (
    CONDITIONS,
    add_checks,
    append,
    assert_of,
    rows_path,
)
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr
from pytest_sisyphus.source.detection import OLDER_STEPS

_TEMPLATE: Final = re.compile(r"\{\{((?:(?!\{\{|\}\}).)*)\}\}", re.DOTALL)
_CALL: Final = re.compile(r"(\w+)\((.*)\)")
_FUNCTIONS: Final = {"random": "random_str", "random_uuid": "uuid4", "datetime": "date"}
#: keys of a check or an extractor.
_OF_ONE: Final = ("target", "expression", "comparator", "expected")
_REQUEST: Final = {
    **{key: key for key in ("method", "url", "headers", "params", "json", "cookies", "timeout")},
    "allow_redirects": "allow_redirects",
    "verify": "verify_ssl",
    "files": "files",
}
_QUERY: Final = re.compile(
    r"(select|with|show|desc|describe|pragma|explain|values)\b", re.IGNORECASE
)
#: what may stand before it, one at a time.
_BEFORE: Final = re.compile(r"\s+|--[^\n]*\n|/\*.*?\*/|\(", re.DOTALL)
_KINDS: Final = ("request", "db", "assertion", "extract")


def _is_query(sql: str) -> bool:
    place = 0
    while before := _BEFORE.match(sql, place):
        place = before.end()
    return _QUERY.match(sql, place) is not None


class Scenario:
    """One file: what it says is taken key by key; what is never taken is not converted."""

    def __init__(self, source: LocatedDict, account: Account, file: Path) -> None:
        self._source = source
        self._account = account
        self._file = file
        self.case = LocatedDict(source.location)
        self._config = LocatedDict(source.location)
        #: the last request that runs, and whether another step ran after it.
        self._answered: LocatedDict | None = None
        self._is_behind = False
        self._columns: frozenset[str] = frozenset()
        #: those that an extracted variable would go over here.
        self._hidden: set[str] = set()

    def convert(self) -> LocatedDict:
        config = self._source.get("config")
        if not isinstance(config, LocatedDict):
            config = LocatedDict(self._source.location)
        self._head(config)
        self._rows(config)
        self._environment(config)
        at = self._source.locations[OLDER_STEPS]
        if self._config:
            put(self.case, "config", self._config, config.location)
        self._sql(config, "pre_sql", "setup")
        steps = LocatedList(at)
        key_at = self._source.key_locations[OLDER_STEPS]
        self.case.put("steps", steps, location=at, key_location=key_at)
        teststeps = self._source[OLDER_STEPS]
        for number, step in enumerate(teststeps if isinstance(teststeps, LocatedList) else (), 1):
            if isinstance(step, LocatedDict):
                self._step(step, number, steps)
        self._sql(config, "post_sql", "teardown")
        unique_step_names(steps, self._account)
        with_texts(self.case, template, but=frozenset())
        if self._hidden:
            RowNames(self._hidden).read_of_row(self.case)
        return self.case

    def _take(self, source: LocatedDict, key: str) -> Any:
        """The value, which is now used; None: there is none."""
        if key not in source:
            return None
        self._account.used(source[key], source.locations[key])
        return source[key]

    def _move(self, source: LocatedDict, key: str, to: LocatedDict, name: str) -> None:
        if self._take(source, key) is not None:
            to.take(source, key, new_key=name)

    def _head(self, config: LocatedDict) -> None:
        for key in ("name", "description"):
            self._move(config, key, self.case, key)
        self._move(config, "scenario_id", self.case, "case_key")
        self._move(config, "tags", self.case, "tags")
        if "priority" in config:
            at = config.locations["priority"]
            tags = self.case.get("tags")
            if not isinstance(tags, LocatedList):
                tags = LocatedList(at)
                put(self.case, "tags", tags, at)
            tags.put(self._take(config, "priority"), at)
        if "project_id" in config:
            reason = tr("the platform knows the project of a case")
            self._account.left_out(config["project_id"], config.locations["project_id"], reason)
        self._move(config, "base_url", self._config, "base_url")
        self._move(config, "variables", self._config, "variables")

    def _environment(self, config: LocatedDict) -> None:
        """A profile of its name, made active. Here it is over `variables`, there it was under."""
        held = config.get("environment")
        if not isinstance(held, LocatedDict):
            return
        at = config.locations["environment"]
        name = self._take(held, "name") or "environment"
        profile = LocatedDict(at)
        if "base_url" in held and config.get("base_url"):
            reason = tr("config.base_url goes over it")
            self._account.left_out(held["base_url"], held.locations["base_url"], reason)
        elif held.get("base_url") == "":
            reason = tr("it is empty: that of the project goes under it")
            self._account.left_out("", held.locations["base_url"], reason)
        else:
            self._move(held, "base_url", profile, "base_url")
        self._move(held, "variables", profile, "variables")
        if isinstance(variables := profile.get("variables"), LocatedDict):
            over = config.get("variables")
            hidden = self._columns.union(over if isinstance(over, LocatedDict) else ())
            for key in sorted(hidden & variables.keys()):
                where = variables.locations[key]
                reason = tr("config.variables or a column has this name, and goes over it")
                self._account.left_out(variables.pop(key), where, reason)
        profiles = LocatedDict(at)
        put(profiles, str(name), profile, at)
        put(self._config, "profiles", profiles, at)
        put(self._config, "active_profile", name, at)

    def _rows(self, config: LocatedDict) -> None:
        ddts = self._source.get("ddts")
        if isinstance(ddts, LocatedDict):
            if "name" in ddts:
                reason = tr("rows have no name of their own")
                self._account.left_out(ddts["name"], ddts.locations["name"], reason)
            self._move(ddts, "parameters", self._config, "data_source")
            self._columns = columns_of(self._config.get("data_source"), self._file)
        if "csv_datasource" not in config:
            return
        at = config.locations["csv_datasource"]
        named = config["csv_datasource"]
        if "data_source" in self._config:
            self._account.not_converted(named, at, tr("ddts has the rows"))
            return
        source = LocatedDict(at)
        put(source, "type", "csv", at)
        put(source, "file_path", self._take(config, "csv_datasource"), at)
        put(self._config, "data_source", source, at)
        settle_rows(source, self._file, self._account)
        self._columns = columns_of(source, self._file)

    def _sql(self, config: LocatedDict, key: str, to: str) -> None:
        held = config.get(key)
        if not isinstance(held, LocatedDict):
            return
        at = config.locations[key]
        steps = LocatedList(at)
        statements = self._take(held, "statements")
        for number, sql in enumerate(statements if isinstance(statements, LocatedList) else (), 1):
            step = LocatedDict(statements.locations[number - 1])
            put(step, "name", f"{key} {number}", step.location)
            self._database(held, step, sql)
            steps.put(step, step.location)
        put(self.case, to, steps, at)

    def _step(self, source: LocatedDict, number: int, steps: LocatedList) -> None:
        kind = source.get("keyword_type", "request")
        step = LocatedDict(source.location)
        for key in ("name", "description"):
            self._move(source, key, step, key)
        is_off = self._is_off(source)
        if kind not in _KINDS:
            self._account.not_converted(source, source.location, _why_not(source))
            return
        self._take(source, "keyword_type")
        if "keyword_name" in source:
            reason = tr("the platform's name of such steps")
            at = source.locations["keyword_name"]
            self._account.left_out(source["keyword_name"], at, reason)
        if is_off and kind in ("assertion", "extract"):
            self._account.left_out(source, source.location, tr("the step was switched off"))
            return
        if is_off:
            put(step, "skip_if", True, source.locations["enabled"])
        if kind in ("assertion", "extract"):
            self._of_the_answer(source, str(kind), step, steps)
            return
        name_step(step, number, self._account)
        self._sending(source, step, is_rows=kind == "db")
        steps.put(step, step.location)
        if not is_off:
            self._answered = step if kind == "request" else self._answered
            self._is_behind = kind != "request"

    def _is_off(self, source: LocatedDict) -> bool:
        enabled = source.get("enabled", True)
        if isinstance(enabled, bool):
            return self._take(source, "enabled") is False
        reason = tr("a step is enabled or not: true or false")
        self._account.not_converted(enabled, source.locations["enabled"], reason)
        return False

    def _sending(self, source: LocatedDict, step: LocatedDict, *, is_rows: bool) -> None:
        held = source.get("db" if is_rows else "request")
        held = held if isinstance(held, LocatedDict) else source
        if not is_rows:
            self._request(held, step)
        else:
            put(step, "type", "database", step.location)
            self._database(held, step, self._take(held, "sql"))
        self._checks_and_extractors(held, step, is_rows=is_rows)
        if held is not source:
            self._checks_and_extractors(source, step, is_rows=is_rows)

    def _request(self, held: LocatedDict, step: LocatedDict) -> None:
        files = held.get("files")
        paths = files.values() if isinstance(files, LocatedDict) else []
        are_here = all(
            isinstance(one, str) and (self._file.parent / one).is_file() for one in paths
        )
        for key in held:
            if key == "files" and not isinstance(files, LocatedDict):
                reason = tr("write a mapping: the name of each field, and its file")
                self._account.not_converted(files, held.locations[key], reason)
            elif key == "data":
                self._move(held, key, step, "form" if isinstance(held[key], dict) else "data")
            elif key == "files" and not are_here:
                reason = tr("paths of an object store; put the files beside the case")
                self._account.not_converted(held[key], held.locations[key], reason)
            elif held[key] is None and key in _REQUEST:
                self._account.left_out(None, held.locations[key], tr("null is nothing"))
            elif key in _REQUEST:
                self._move(held, key, step, _REQUEST[key])

    def _database(self, held: LocatedDict, step: LocatedDict, sql: Any) -> None:
        at = held.locations.get("datasource", held.location)
        alias = re.sub(r"\W", "_", str(self._take(held, "datasource") or "default"))
        databases = self._config.setdefault("databases", LocatedDict(at))
        self._config.locations.setdefault("databases", at)
        self._config.key_locations.setdefault("databases", at)
        if "config" not in self.case:
            put(self.case, "config", self._config, at)
        if alias not in databases:
            name = f"{alias.upper()}_DATABASE_URL"
            put(databases, alias, f"{{{{env('{name}')}}}}", at)
            reason = tr(
                "known to the platform only: set {name}, or write its URL in config.databases",
                name=name,
            )
            self._account.not_converted(str(alias), at, reason)
        if "type" not in step:
            put(step, "type", "database", at)
        put(step, "database", LocatedStr(alias, at), at)
        is_query = isinstance(sql, str) and _is_query(sql)
        put(step, "operation", "query" if is_query else "execute", at)
        put(step, "sql", sql, held.locations.get("sql", step.location))

    def _checks_and_extractors(
        self, held: LocatedDict, step: LocatedDict, *, is_rows: bool
    ) -> None:
        for key in ("validate", "assertion"):
            if key in held:
                add_checks(held[key], step, self._account, is_rows=is_rows)
        for one in _listed(held.get("extract")):
            self._extractor(one, step, is_rows=is_rows)

    def _extractor(self, one: LocatedDict, step: LocatedDict, *, is_rows: bool) -> None:
        if missing := [key for key in ("name", "expression") if key not in one]:
            reason = tr("{key!r} is missing", key=missing[0])
            self._account.not_converted(one, one.location, reason)
            return
        made = LocatedDict(one.location)
        self._move(one, "name", made, "name")
        if str(one.get("name")) in self._columns:
            self._hidden.add(str(one["name"]))
        kind = self._take(one, "type")
        kind = "json" if kind is None else str(kind)
        if kind not in ("json", "header", "cookie"):
            reason = tr("no kind {kind!r} of extractors: json, header or cookie", kind=kind)
            self._account.not_converted(one, one.location, reason)
            return
        if kind != "json":
            put(made, "type", kind, one.location)
        self._move(one, "expression", made, "path")
        if is_rows:
            at = made.locations.get("path", one.location)
            put(made, "path", rows_path(str(made.get("path", "$"))), at)
        self._move(one, "default", made, "default")
        if self._take(one, "source_variable") not in (None, "last_response"):
            at = one.locations["source_variable"]
            self._account.not_converted(
                one["source_variable"], at, tr("it reads its own step's answer")
            )
        if self._take(one, "scope") not in (None, "global"):
            at = one.locations["scope"]
            self._account.not_converted(one["scope"], at, tr("no variable outlives its case"))
        append(step, "extractors", made)

    def _of_the_answer(
        self, source: LocatedDict, kind: str, step: LocatedDict, steps: LocatedList
    ) -> None:
        """Checks and extractors of the request before join it; others are asked of variables."""
        held = source.get(kind)
        is_flat = any(key in source for key in _OF_ONE)
        for one in _listed(held) or ([source] if is_flat else []):
            variable = one.get("source_variable", source.get("source_variable", "last_response"))
            for holder in (one, source):
                self._take(holder, "source_variable")
            if variable == "last_response":
                self._join(one, kind)
            elif kind == "extract" or not (check := assert_of(one, str(variable), self._account)):
                reason = _why_not_read(one, kind, str(variable))
                self._account.not_converted(one, one.location, reason)
            else:
                if "type" not in step:
                    put(step, "type", "wait", step.location)
                    put(step, "seconds", 0, step.location)
                    steps.put(step, step.location)
                append(step, "validations", check)
        if held is None and not is_flat:
            reason = tr("{key!r} is missing", key=kind)
            self._account.not_converted(source, source.location, reason)
        elif "type" not in step and "name" in source:
            at = source.locations["name"]
            reason = tr("joined the request before it")
            self._account.left_out(source["name"], at, reason)

    def _join(self, one: LocatedDict, kind: str) -> None:
        uses_variables = any("{{" in str(value) for value in one.values())
        if self._answered is None or (self._is_behind and uses_variables):
            reason = tr("no request stands right before it whose answer it could read")
            self._account.not_converted(one, one.location, reason)
        elif kind == "extract":
            self._extractor(one, self._answered, is_rows=False)
        else:
            add_checks(one, self._answered, self._account, is_rows=False)


def convert_part(value: Any, kind: str, account: Account, file: Path) -> None:  # noqa: ARG001
    """A file that is included: data."""
    with_texts(value, template, but=frozenset())


def template(text: str) -> str:
    """`{{name}}` and `{{fn(a)}}` as `${…}`; what was no template there is none here."""

    def made(found: re.Match[str]) -> str:
        expression = found[1].strip()
        call = _CALL.fullmatch(expression)
        if call is None:
            return f"${{{expression}}}"
        name, arguments = call[1], call[2].strip()
        if name == "datetime" and not arguments:  # which format it had is not known
            return f"${{{name}()}}"
        if name == "datetime" and arguments[:1] not in ("'", '"'):
            arguments = f"'{arguments}'"
        return f"${{{_FUNCTIONS.get(name, name)}({arguments})}}"

    return _TEMPLATE.sub(made, text.replace("${", "$${"))


def _why_not(step: LocatedDict) -> str:
    """It is no step of the `_KINDS`."""
    kind = step["keyword_type"]
    if kind == "custom":
        return tr(
            "a function of the platform; write a step, with ${{{name}(…)}} or a script",
            name=step.get("keyword_name") or kind,
        )
    kinds = tr(", ").join((*_KINDS, "custom"))
    return tr("no keyword_type {kind!r}; known: {kinds}", kind=kind, kinds=kinds)


def _why_not_read(one: LocatedDict, kind: str, variable: str) -> str:
    """The variable, by a check or an extractor."""
    comparator = str(one.get("comparator", "eq"))
    if kind == "assertion" and comparator not in CONDITIONS:
        return tr(
            "no check of {target!r} by {comparator!r}", target=variable, comparator=comparator
        )
    return tr("no step reads a part of the variable {name!r}", name=variable)


def _listed(held: Any) -> list[LocatedDict]:
    several = held if isinstance(held, LocatedList) else [held]
    return [one for one in several if isinstance(one, LocatedDict)]
