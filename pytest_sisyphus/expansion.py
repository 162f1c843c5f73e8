"""A case with a data source becomes as many as the source has rows."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from . import jsontext
from .dialect.case import Case
from .dialect.config import Config
from .dialect.data import DataSource
from .dialect.names import shadowing
from .dialect.reading import Reading
from .errors import ConfigError, SisyphusError
from .loading.complaints import Complaint, SpecError
from .loading.rows import checked_rows, csv_rows, json_rows, row_ids
from .located import LocatedList, plain
from .once import Once
from .planning import Plan, Row
from .render.template import render_value
from .transport.statement import Statement


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Rows:
    values: Sequence[Any]
    #: how messages name the source.
    where: str
    templates: bool = False
    foreign: bool = False


def rows_of(
    case: Case, make_plan: Callable[[], Plan], reading: Reading, once: Once
) -> tuple[Row | None, ...]:
    """A None alone for a case without a data source. Raises SpecError."""
    config = case.config
    if config is None or config.data_source is None:
        return (None,)
    place = config.place_of("data_source")
    try:
        return _expanded(config, config.data_source, make_plan, reading, once)
    except SpecError:
        raise
    except SisyphusError as error:
        complaint = Complaint(place=place, message=str(error), key_path="config.data_source")
        raise SpecError([complaint]) from error


def _expanded(
    config: Config,
    source: DataSource,
    make_plan: Callable[[], Plan],
    reading: Reading,
    once: Once,
) -> tuple[Row | None, ...]:
    plan = make_plan()
    try:
        settings = config.rendered(plan.scope, reading, only=("data_iterations", "variable_prefix"))
        if not settings.data_iterations:
            return (None,)
        rows = _read(source, plan, reading, once)
    finally:
        plan.close()
    if not rows.values:
        place = config.place_of("data_source")
        raise SpecError(
            [Complaint(place=place, message=f"{rows.where} has no rows: nothing would be tested")]
        )
    _refuse_shadowing(rows, settings.variable_prefix)
    return tuple(
        Row(
            index=index,
            total=len(rows.values),
            id=name,
            values=values,
            prefix=settings.variable_prefix,
            templates=rows.templates,
            foreign=rows.foreign,
        )
        for index, (name, values) in enumerate(
            zip(row_ids(rows.values, rows.where), rows.values, strict=True)
        )
    )


def _refuse_shadowing(rows: _Rows, prefix: str) -> None:
    columns = dict.fromkeys(column for row in rows.values for column in row)
    for column in columns:
        if complaint := shadowing(f"{prefix}{column}", f"a column of {rows.where}"):
            raise ConfigError(f"{complaint}, or a config.variable_prefix")


def _read(source: DataSource, plan: Plan, reading: Reading, once: Once) -> _Rows:
    if source.type == "inline":
        return _inline(source, plan)
    rendered = source.rendered(plan.scope, reading)
    if rendered.type == "database":
        return _from_database(rendered, plan, once)
    path = reading.resolve(rendered.file_path, source.place_of("file_path"))
    read = csv_rows if rendered.type == "csv" else json_rows
    return _Rows(values=read(rendered, path), where=rendered.file_path)


def _inline(source: DataSource, plan: Plan) -> _Rows:
    """Rows in the case file may hold templates; a list that a template gives is data."""
    written = isinstance(source.data, LocatedList)
    data = source.data if written else render_value(source.data, plan.scope)
    where = "data_source"
    return _Rows(values=checked_rows(data, where), where=where, templates=written)


def _from_database(source: DataSource, plan: Plan, once: Once) -> _Rows:
    database = plan.databases.find(source.database)
    statement = Statement(operation="read", sql=source.sql, params=plain(source.params))

    def read() -> list[dict[str, Any]]:
        answer = plan.databases.run(database, statement, plan.settings.limit)
        return [dict(row) for row in answer.rows]

    key = jsontext.dumps([repr(database), statement.sql, statement.params], default=str)
    return _Rows(values=once.get(key, read), where="the query", foreign=True)
