"""`files` of a request: which files it uploads."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedStr
from pytest_sisyphus.spec.context import ValidationContext, context_of
from pytest_sisyphus.spec.fields import OneOrMore, Templated, Text
from pytest_sisyphus.spec.files import literal_file
from pytest_sisyphus.spec.model import Model


class FilePart(Model):
    """A path, or `{path, filename, content_type}`."""

    short_schema: ClassVar[Mapping[str, Any]] = {"type": "string"}

    path: Annotated[
        Text, Field(description="relative to the file that names it, inside the root folder")
    ]
    filename: Annotated[Text | None, Field(description="the name told to the server")] = None
    content_type: Annotated[
        Text | None, Field(description="the type told to the server; guessed from the name")
    ] = None

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        if isinstance(value, LocatedStr):
            return LocatedDict.of({"path": value}, value.location)
        if isinstance(value, str):
            value = {"path": value}
        return super().normalise(value, context)

    @model_validator(mode="after")
    def _can_be_read(self, info: ValidationInfo) -> "FilePart":
        literal_file(self.path, self.location_of("path"), context_of(info), tr("to upload"))
        return self


Files = Annotated[dict[str, Annotated[tuple[FilePart, ...], OneOrMore]], Templated()]
