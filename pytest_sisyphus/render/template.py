"""Texts with `${…}` in them, alone and in nested data."""

import contextlib
import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.located import LocatedStr, Place

from . import growth
from .calling import Call
from .expression import Expressions
from .sandbox import Names
from .scan import Source, scan_text
from .text import UnevaluableError, json_text, plain_value, shown


class _Compiled:
    """A text's pieces; each `Source` in `pieces` has its value at the same turn in `values`."""

    def __init__(self, text: str) -> None:
        self.pieces = scan_text(text)
        self.values = Expressions([piece for piece in self.pieces if isinstance(piece, Source)])

    def render(self, names: Names) -> Any:
        values = self.values.evaluate(names)
        if len(self.pieces) == 1 and values:
            return plain_value(values[0])
        turn = iter(values)
        return growth.concat(
            *(piece if isinstance(piece, str) else next(turn) for piece in self.pieces)
        )


@functools.lru_cache(maxsize=8192)
def _compiled(text: str) -> _Compiled:
    return _Compiled(text)


class Template:
    """A text whose syntax is right. A lone `${…}` gives the value itself, mixed text gives text."""

    __slots__ = ("_compiled", "place", "text")

    def __init__(self, text: str) -> None:
        """Raises TemplateError with the offset of the mistake."""
        self.place: Place | None = text.place if isinstance(text, LocatedStr) else None
        self.text = str(text)
        with mistakes_placed(self.text, self.place):
            self._compiled = _compiled(self.text)

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    @property
    def names(self) -> frozenset[str]:
        return self._compiled.values.names

    @property
    def calls(self) -> frozenset[str]:
        return self._compiled.values.calls

    @property
    def called(self) -> frozenset[Call]:
        """The calls with the shape of their arguments."""
        return self._compiled.values.called

    @property
    def steps(self) -> frozenset[str]:
        """The steps that `steps["name"]` names."""
        return self._compiled.values.steps

    @property
    def databases(self) -> frozenset[str]:
        """The aliases that `db_query` is given."""
        return self._compiled.values.databases

    @property
    def only_reads(self) -> bool:
        """All its names are read whenever it is rendered, and nothing else is done."""
        return self._compiled.values.only_reads

    def render(self, scope: Names) -> Any:
        """Raises TemplateError that names what is missing or wrong, the text and its place."""
        try:
            return self._compiled.render(scope)
        except UnevaluableError as exc:
            raise failed(exc, self.text, self.place) from exc


@contextlib.contextmanager
def mistakes_placed(text: str, place: Place | None) -> Iterator[None]:
    """A syntax error says in which text, and where that stands."""
    try:
        yield
    except TemplateError as exc:
        offset = exc.offset or 0
        if place and "\n" not in text[:offset]:
            place = dataclasses.replace(place, column=place.column + offset)
        message = f"{exc} at character {offset + 1} of {shown(text)}"
        raise TemplateError(message, offset=offset, place=place) from exc


def failed(exc: UnevaluableError, text: str, place: Place | None) -> TemplateError:
    where = f" at {place}" if place else ""
    return TemplateError(f"{exc.what} in {shown(text)}{where}{exc.hint}", place=place)


def is_template(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def render_value(value: Any, scope: Names) -> Any:
    """Nested data with every template rendered, keys too; plain str, dict and list come out."""
    try:
        return _render(value, scope)
    except RecursionError as exc:
        raise TemplateError("the data are nested too deeply") from exc


def _render(value: Any, scope: Names) -> Any:
    if isinstance(value, str):
        return Template(value).render(scope) if "${" in value else str(value)
    if isinstance(value, Mapping):
        return _render_mapping(value, scope)
    if isinstance(value, list | tuple):
        return [_render(item, scope) for item in value]
    return value


def _render_mapping(value: Mapping[Any, Any], scope: Names) -> dict[Any, Any]:
    rendered: dict[Any, Any] = {}
    for key, item in value.items():
        name = _render_key(key, scope)
        if name in rendered:
            raise TemplateError(f"two keys of a mapping are both {shown(name)} once rendered")
        rendered[name] = _render(item, scope)
    return rendered


def _render_key(key: Any, scope: Names) -> Any:
    """Keys are text once they are rendered, as JSON, headers and parameters have them."""
    rendered = _render(key, scope)
    return json_text(rendered) if is_template(key) else rendered


def find_templates(value: Any) -> Iterator[Template]:
    """All templates in nested data, keys too. Raises TemplateError at the first wrong one."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, Mapping):
            stack.extend((*one.keys(), *one.values()))
        elif isinstance(one, list | tuple):
            stack.extend(one)
        elif is_template(one):
            yield Template(one)
