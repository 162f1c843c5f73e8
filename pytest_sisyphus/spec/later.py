"""Types of keys that few cases write: a model takes a millisecond to define, its module another, so
they are loaded with the first case that has such a key."""

import functools
from importlib import import_module
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from pytest_sisyphus.spec.construct import Reader, reader_of


class _Later:
    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    @functools.cached_property
    def _type(self) -> Any:
        return getattr(import_module(self._module), self._name)

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return handler.generate_schema(self._type)

    @functools.cached_property
    def _reader(self) -> Reader:
        return reader_of(self._type)

    def construct(self, _read: Reader) -> Reader:
        return lambda value, context: self._reader(value, context)  # noqa: PLW0108 - loaded by then


def later(module: str, name: str) -> Any:
    """The type of that name for a field's annotation; type checkers see it imported."""
    return Annotated[Any, _Later(module, name)]
