"""`config.data_source`: where the rows of a data-driven case come from."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, ValidationInfo, model_validator

from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid
from pytest_sisyphus.spec.database import DatabaseRef
from pytest_sisyphus.spec.fields import Flag, Text, Value
from pytest_sisyphus.spec.model import Model
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: type -> (the keys it needs, the keys it may have besides).
KINDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "inline": (("data",), ()),
    "csv": (("file_path",), ("delimiter", "encoding", "has_header")),
    "json": (("file_path",), ("encoding", "data_key")),
    "database": (("database", "sql"), ("params",)),
}
_PLAIN: Final = lazy_pattern(r"[\w./-]+")
_FILE: Final = lazy_pattern(r"\.(csv|json)\Z", re.IGNORECASE)


class DataSource(Model):
    """A list of rows, or `{type: inline | csv | json | database, …}`."""

    short_schema: ClassVar[Mapping[str, Any]] = {"type": "array", "items": {"type": "object"}}

    type: Annotated[Text, Field(description="inline, csv, json or database")]
    data: Annotated[Value, Field(description="inline: the rows, a list of mappings")] = None
    file_path: Annotated[Text, Field(description="csv, json: relative to the case file")] = ""
    delimiter: Annotated[Text, Field(description="csv: between two values")] = ","
    encoding: Annotated[Text, Field(description="csv, json: utf-8, gbk, …")] = "utf-8"
    has_header: Annotated[
        Flag, Field(description="csv: the first line names the columns, else column_1, …")
    ] = True
    data_key: Annotated[Text, Field(description="json: where the rows are, such as data.users")] = (
        ""
    )
    database: Annotated[DatabaseRef, Field(description="database: alias, URL or settings")] = None
    sql: Annotated[Text, Field(description="database: the query")] = ""
    params: Annotated[Value, Field(description="database: the query's values")] = None

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        if isinstance(value, LocatedList):
            return LocatedDict.of({"type": "inline", "data": value}, value.location)
        if isinstance(value, str) and (found := _FILE.search(value)):
            path = value if _PLAIN.fullmatch(value) else short_json(value)
            form = f"{{type: {found[1].lower()}, file_path: {path}}}"
            hint = tr("; write {form}", form=form)
            said = tr("expected a mapping, got {value}{hint}", value=short_json(value), hint=hint)
            raise invalid(said, getattr(value, "location", None))
        return super().normalise(value, context)

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "DataSource":
        if "${" in self.type and not context_of(info).rendered:
            return self
        if self.type not in KINDS:
            hint = near(self.type, KINDS)
            raise invalid(tr("no data source type {type!r}{hint}", type=self.type, hint=hint))
        needed, optional = KINDS[self.type]
        given = self.model_fields_set - {"type"}
        for key in sorted(given - {*needed, *optional}):
            said = tr("a data source of type {type} has no {key!r}", type=self.type, key=key)
            raise invalid(said)
        for key in needed:
            if key not in given:
                said = tr("a data source of type {type} needs {key!r}", type=self.type, key=key)
                raise invalid(said)
        return self
