"""Texts with `${…}` in them, alone and in nested data."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedStr, Location
from pytest_sisyphus.template import limits
from pytest_sisyphus.template.calls import CallSignature
from pytest_sisyphus.template.fast_path import expressions
from pytest_sisyphus.template.lexer import ExpressionSource, scan_text
from pytest_sisyphus.template.names import Namespace
from pytest_sisyphus.template.text import EvaluationError, json_text, plain_value
from pytest_sisyphus.values.describe import short_repr


class _Compiled:
    """A text's pieces; each `Source` in `pieces` has its value at the same turn in `values`."""

    def __init__(self, text: str) -> None:
        self.pieces = scan_text(text)
        self.values = expressions(
            piece for piece in self.pieces if isinstance(piece, ExpressionSource)
        )

        self._is_lone = len(self.pieces) == 1 and isinstance(self.pieces[0], ExpressionSource)

    def render(self, names: Namespace) -> Any:
        values = self.values.evaluate(names)
        if self._is_lone:
            return plain_value(values[0])
        turn = iter(values)
        return limits.concat(
            *[piece if isinstance(piece, str) else next(turn) for piece in self.pieces]
        )


@functools.lru_cache(maxsize=8192)
def _compiled(text: str) -> _Compiled:
    return _Compiled(text)


class Template:
    """A text whose syntax is right. A lone `${…}` gives the value itself, mixed text gives text."""

    __slots__ = ("_compiled", "location", "text")

    def __init__(self, text: str) -> None:
        """Raises TemplateError with the offset of the mistake."""
        self.location: Location | None = text.location if isinstance(text, LocatedStr) else None
        self.text = str(text)
        try:
            self._compiled = _compiled(self.text)
        except TemplateError as mistake:
            raise located_syntax_error(mistake, self.text, self.location) from mistake

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    @property
    def names(self) -> frozenset[str]:
        return self._compiled.values.names

    @property
    def calls(self) -> frozenset[str]:
        return self._compiled.values.calls

    @property
    def call_signatures(self) -> frozenset[CallSignature]:
        """The calls with the shape of their arguments."""
        return self._compiled.values.call_signatures

    @property
    def steps(self) -> frozenset[str]:
        """The steps that `steps["name"]` names."""
        return self._compiled.values.steps

    @property
    def databases(self) -> frozenset[str]:
        """The aliases that `db_query` is given."""
        return self._compiled.values.databases

    @property
    def is_plain_lookup(self) -> bool:
        """All its names are read whenever it is rendered, and nothing else is done."""
        return self._compiled.values.is_plain_lookup

    def render(self, scope: Namespace) -> Any:
        """Raises TemplateError that names what is missing or wrong, the text and its place."""
        try:
            return self._compiled.render(scope)
        except EvaluationError as exc:
            raise evaluation_error(exc, self.text, self.location) from exc


def located_syntax_error(
    mistake: TemplateError, text: str, location: Location | None
) -> TemplateError:
    """A syntax error that says in which text, and where that stands."""
    offset = mistake.offset or 0
    if location and "\n" not in text[:offset]:
        location = location._replace(column=location.column + offset)
    message = tr(
        "{mistake} at character {position} of {text}",
        mistake=mistake,
        position=offset + 1,
        text=short_repr(text),
    )
    return TemplateError(message, offset=offset, location=location)


def evaluation_error(exc: EvaluationError, text: str, location: Location | None) -> TemplateError:
    said = {"what": exc.what, "text": short_repr(text), "hint": exc.hint}
    message = (
        tr("{what} in {text} at {place}{hint}", place=location, **said)
        if location
        else tr("{what} in {text}{hint}", **said)
    )
    return TemplateError(message, location=location)


def is_template(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def render_value(value: Any, scope: Namespace) -> Any:
    """Nested data with every template rendered, keys too; plain str, dict and list come out."""
    try:
        return _render(value, scope)
    except RecursionError as exc:
        raise TemplateError(tr("the data are nested too deeply")) from exc


def _render(value: Any, scope: Namespace) -> Any:
    if isinstance(value, str):
        return Template(value).render(scope) if "${" in value else str(value)
    if isinstance(value, (list, tuple)):
        return [_render(item, scope) for item in value]
    if not isinstance(value, (dict, Mapping)):
        return value
    rendered: dict[Any, Any] = {}
    for key, item in value.items():
        name = _render(key, scope)
        if is_template(key):  # text once it is rendered, as JSON, headers and parameters have it
            name = json_text(name)
        if name in rendered:
            raise TemplateError(
                tr("two keys of a mapping are both {name} once rendered", name=short_repr(name))
            )
        rendered[name] = _render(item, scope)
    return rendered


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
