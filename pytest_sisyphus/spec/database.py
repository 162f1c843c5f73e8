"""A database as it is written: a SQLAlchemy URL, or its parts."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import NOWHERE, LocatedDict
from pytest_sisyphus.spec.context import Reference, ValidationContext, context_of, invalid
from pytest_sisyphus.spec.fields import Int, Templated, Text
from pytest_sisyphus.spec.model import Model
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import listed, short_json

Backend = Literal["sqlite", "postgresql", "mysql"]

#: every word for a kind of database.
BACKENDS: Final[Mapping[str, Backend]] = {
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
_SERVER_KEYS: Final = ("host", "port", "user", "password")


class DatabaseSettings(Model):
    """`{type, host, port, user, password, database}`, `{type: sqlite, path}`, or a URL as text."""

    short_schema: ClassVar[Mapping[str, Any]] = {"type": "string"}
    aliases: ClassVar[Mapping[str, str]] = {"connection": "path", "username": "user"}

    url: Annotated[Text | None, Field(description="postgresql://user:password@host/database")] = (
        None
    )
    type: Annotated[Text | None, Field(description="sqlite, postgresql or mysql")] = None
    host: Annotated[Text | None, Field(description="the server (127.0.0.1)")] = None
    port: Annotated[Int | None, Field(description="the server's port, if not the usual")] = None
    user: Annotated[Text | None, Field(description="who logs in")] = None
    password: Annotated[Text | None, Field(description="masked in every output")] = None
    database: Annotated[Text | None, Field(description="the database on the server")] = None
    path: Annotated[
        Text | None, Field(description="file of an SQLite database, relative to the case file")
    ] = None

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        if not isinstance(value, str):
            return super().normalise(value, context)
        location = getattr(value, "location", NOWHERE)
        if "://" not in value and "${" not in value:
            raise invalid(
                tr(
                    "a database is a URL (sqlite:///file, postgresql://…, mysql://…) or a "
                    "mapping, not {value}",
                    value=short_json(value),
                ),
                None if location == NOWHERE else location,
            )
        return LocatedDict.of({"url": value}, location)

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "DatabaseSettings":
        given = self.model_fields_set
        if self.url is not None and len(given) > 1:
            raise invalid(tr("a database has a url or its parts, not both"))
        if self.url is None and self.type is None:
            types = listed(dict.fromkeys(BACKENDS.values()))
            raise invalid(tr("a database needs a type: {types}", types=types))
        if context_of(info).rendered or "${" not in self.kind:
            self._refuse_misfits(given)
        return self

    @property
    def kind(self) -> str:
        """The word for the kind of database, as it is written."""
        return str(self.type) if self.url is None else self.url.partition(":")[0].partition("+")[0]

    @property
    def backend(self) -> Backend:
        """The kind of database; only of rendered settings."""
        return BACKENDS[self.kind.lower()]

    def _refuse_misfits(self, given: set[str]) -> None:
        backend = BACKENDS.get(self.kind.lower())
        if backend is None:
            hint = near(self.kind, BACKENDS)
            raise invalid(tr("no database type {type!r}{hint}", type=self.kind, hint=hint))
        if backend == "sqlite":
            misfits: list[str] = [key for key in _SERVER_KEYS if key in given]
            if self.url is None and not (self.path or self.database):
                raise invalid(tr("an SQLite database needs a path"))
        else:
            misfits = [key for key in ("path",) if key in given]
        if misfits:
            said = tr("a database of type {type} has no {key}", type=backend, key=misfits[0])
            raise invalid(said)


def _alias_or_settings(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, DatabaseSettings):
        return value
    if isinstance(value, str) and "://" not in value:
        context = context_of(info)
        if not context.rendered and not is_template(value):
            location = getattr(value, "location", None)
            context.referenced_databases.append(Reference(str(value), location))
        return value
    return DatabaseSettings.model_validate(value, context=info.context)


#: an alias of `config.databases` as text; a URL or a mapping as DatabaseSettings.
DatabaseRef = Annotated[Any, Templated(), BeforeValidator(_alias_or_settings)]
