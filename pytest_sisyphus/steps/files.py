"""`files` of a request: which files it uploads."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from ..dialect.model import Model, OneOrSeveral, Templated, Text
from ..dialect.reading import reading, refuse
from ..errors import ConfigError
from ..located import LocatedDict, LocatedStr
from ..render.template import is_template


class FilePart(Model):
    """A path, or `{path, filename, content_type}`."""

    short_schema: ClassVar[Mapping[str, Any]] = {"type": "string", "description": "the path"}

    path: Annotated[Text, Field(description="relative to the case file, inside the root folder")]
    filename: Annotated[Text | None, Field(description="the name told to the server")] = None
    content_type: Annotated[Text | None, Field(description="the type told to the server")] = None

    @classmethod
    def normalise(cls, value: Any, info: ValidationInfo) -> LocatedDict:
        if isinstance(value, LocatedStr):
            return LocatedDict.of({"path": value}, value.place)
        if isinstance(value, str):
            value = {"path": value}
        return super().normalise(value, info)

    @model_validator(mode="after")
    def _can_be_read(self, info: ValidationInfo) -> "FilePart":
        context, place = reading(info), self.place_of("path")
        if context.rendered or not is_template(self.path):
            try:
                path = context.resolve(self.path, place)
            except ConfigError as error:
                raise refuse(str(error).removeprefix(f"{place.exact}: "), place) from error
            if not context.rendered and not path.is_file():
                raise refuse(f"there is no file {self.path!r} to upload ({path})", place)
        return self


Files = Annotated[dict[str, Annotated[tuple[FilePart, ...], OneOrSeveral]], Templated()]
