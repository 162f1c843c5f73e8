"""`type: database`: one statement, or a script of them, on one of the case's databases."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, ValidationInfo, model_validator

from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import plain
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.context import context_of, invalid
from pytest_sisyphus.spec.database import DatabaseRef
from pytest_sisyphus.spec.fields import Text, Value
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.sql.statement import Operation, Statement
from pytest_sisyphus.sql.template import render_sql
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.values.describe import short_json

OPERATIONS: Final[Mapping[str, Operation]] = {
    "query": "query",
    "execute": "execute",
    "exec": "execute",
    "executemany": "executemany",
    "script": "script",
}


class DatabaseSpec(StepSpec):
    database: Annotated[
        DatabaseRef, Field(description="an alias of config.databases, a URL, or settings")
    ]
    operation: Annotated[
        Text, Field(description="query (rows), execute (exec), executemany or script")
    ] = "query"
    sql: Annotated[Text, Deferred, Field(description="the SQL; values belong into params")]
    params: Annotated[
        Value,
        Field(description="mapping for :name, list for ? or %s; executemany: a list of those"),
    ] = None

    @model_validator(mode="after")
    def _has_a_known_operation(self, info: ValidationInfo) -> "DatabaseSpec":
        final = context_of(info).rendered
        if not final and "${" in self.operation:
            return self
        operation = OPERATIONS.get(self.operation)
        if operation is None:
            raise invalid(
                tr(
                    "no operation {name!r}{hint}",
                    name=self.operation,
                    hint=near(self.operation, OPERATIONS),
                ),
                self.location_of("operation"),
            )
        if isinstance(self.params, str) and not final:
            return self
        many = operation == "executemany"
        if operation == "script" and self.params is not None:
            raise invalid(tr("a script takes no params; statements that need values are steps"))
        if many and not _is_many(self.params):
            raise invalid(tr("executemany takes params: a list of mappings, or a list of lists"))
        if not many and not isinstance(self.params, Mapping | list | None):
            raise invalid(
                tr("params is a mapping or a list, got {got}", got=short_json(self.params)),
                self.location_of("params"),
            )
        return self


def _is_many(params: Any) -> bool:
    if not isinstance(params, list) or not params:
        return False
    return all(isinstance(one, Mapping) for one in params) or all(
        isinstance(one, list) for one in params
    )


def run(spec: DatabaseSpec, context: StepContext) -> Outcome:
    """Raises ConfigError, DatabaseFailed, TimedOut."""
    database = context.databases.find(spec.database)
    statement = Statement(
        operation=OPERATIONS[spec.operation],
        sql=render_sql(spec.sql, context.scope, database.backend, spec.location_of("sql")),
        params=plain(spec.params),
    )
    result = context.databases.run(database, statement, context.limit)
    rows = [dict(row) for row in result.rows]
    document = {
        "rows": rows,
        "data": rows,
        "row_count": result.row_count,
        "columns": list(result.columns),
        "last_row_id": result.last_row_id,
    }
    return Outcome(document=document)
