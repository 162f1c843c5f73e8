"""A case with a data source becomes as many as the source has rows."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.session_cache import SessionCache
from pytest_sisyphus.compiled.variables import CaseInputs, Row
from pytest_sisyphus.errors import ConfigError, SisyphusError
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.location import LocatedList, plain
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.rows import checked_rows, csv_rows, json_rows, row_id, row_ids
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.data_source import DataSource
from pytest_sisyphus.spec.files import near_file
from pytest_sisyphus.spec.variable_names import shadowing
from pytest_sisyphus.sql.statement import Statement
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.record import record


@record
class Rows:
    """The data rows of one case; there is at least one."""

    values: Sequence[Mapping[str, Any]]
    #: the data source, as messages name it.
    where: str
    prefix: str = ""
    templates: bool = False
    untrusted: bool = False

    def row(self, index: int) -> Row:
        values = self.values[index]
        return Row(
            index=index,
            total=len(self.values),
            id=row_id(values, index),
            values=values,
            prefix=self.prefix,
            templates=self.templates,
            untrusted=self.untrusted,
        )


def rows_of(case: Case, inputs: CaseInputs, cache: SessionCache) -> tuple[Rows, list[str]] | None:
    """The rows and their ids; None for a case without a data source. Raises SpecError.

    `inputs`: what the data source's own templates are rendered with, so no fixtures and no row.
    `cache`: the rows of a query, which is asked once in a session.
    """
    config = case.config
    if config is None or config.data_source is None:
        return None
    location = config.location_of("data_source")
    context: CaseContext | None = None
    try:
        context = CaseContext.create(case, inputs, is_for_rows=True)
        only = ("data_iterations", "variable_prefix")
        settings = config.rendered(context.scope, inputs.validation, only=only)
        if not settings.data_iterations:
            return None
        rows = _read(config.data_source, context, cache)
        if rows.values:
            _check_columns(rows, settings.variable_prefix)
            ids = row_ids(rows.values, rows.where)
            return dataclasses.replace(rows, prefix=settings.variable_prefix), ids
    except SpecError:
        raise
    except SisyphusError as error:
        diagnostic = Diagnostic(
            location=location, message=str(error), key_path="config.data_source"
        )
        raise SpecError([diagnostic]) from error
    finally:
        if context is not None:
            context.close()
    message = tr("{where} has no rows: nothing would be tested", where=rows.where)
    raise SpecError.at(location, message)


def _check_columns(rows: Rows, prefix: str) -> None:
    """Raises ConfigError for a column that would hide a name that templates have of their own."""
    columns = dict.fromkeys(column for row in rows.values for column in row)
    for column in columns:
        if problem := shadowing(f"{prefix}{column}", tr("a column of {where}", where=rows.where)):
            raise ConfigError(tr("{problem}, or a config.variable_prefix", problem=problem))


def _read(source: DataSource, context: CaseContext, cache: SessionCache) -> Rows:
    if source.type == "inline":
        # rows in the case file may hold templates; a list that a template gives is data
        is_written = isinstance(source.data, LocatedList)
        data = source.data if is_written else render_value(source.data, context.scope)
        where = "data_source"
        return Rows(values=checked_rows(data, where), where=where, templates=is_written)
    rendered = source.rendered(context.scope, context.validation)
    if rendered.type == "database":
        return _query(rendered, context, cache)
    location = source.location_of("file_path")
    path = context.validation.resolve(rendered.file_path, location)
    read = csv_rows if rendered.type == "csv" else json_rows
    # beside the file that names it, which is where many do not look
    shown = Path(os.path.normpath(Path(location.file).parent / rendered.file_path)).as_posix()
    try:
        return Rows(values=read(rendered, path, shown), where=shown)
    except OSError as error:
        reason = of_library(str(error.strerror))
        hint = near_file(path) if isinstance(error, FileNotFoundError) else ""
        said = tr("cannot read {file}: {reason}{hint}", file=shown, reason=reason, hint=hint)
        raise ConfigError(said) from error


def _query(source: DataSource, context: CaseContext, cache: SessionCache) -> Rows:
    database = context.databases.find(source.database)
    statement = Statement(operation="read", sql=source.sql, params=plain(source.params))

    def run() -> list[dict[str, Any]]:
        result = context.databases.run(database, statement, context.settings.limit)
        return [dict(row) for row in result.rows]

    key = exact_json.dumps([repr(database), statement.sql, statement.params], default=str)
    return Rows(values=cache.get(key, run), where=tr("the query"), untrusted=True)
