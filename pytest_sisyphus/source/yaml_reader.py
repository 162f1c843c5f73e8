"""YAML text to values that remember their place. The only door to PyYAML.

Safe by construction: nodes are composed by the C parser and turned into plain data here, so no tag
can name a Python object.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.surrogate_pairs import JoinedSurrogates
from pytest_sisyphus.source.yaml_hints import hint, template_hint
from pytest_sisyphus.source.yaml_scalars import CONSTRUCTORS, RESOLVERS
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.encodings import utf_8_hint

_MERGE: Final = "tag:yaml.org,2002:merge"
#: characters of a line that are looked at for a hint.
_LONGEST_HINTED: Final = 2000
_PLAIN_TAGS: Final = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}

#: (what the tag says, where it stands) -> the value.
Include = Callable[[str, Location], Any]


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to have none

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The same text has the same tag: most are keys that all steps have."""
        if kind is yaml.ScalarNode and implicit[0]:
            return _tag_of(value)
        tag: str = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return tag


for _tag, _pattern, _first in RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


@functools.lru_cache(maxsize=4096)
def _tag_of(text: str) -> str:
    """The tag of a plain scalar."""
    for tag, pattern in _Loader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return str(tag)
    return str(_Loader.DEFAULT_SCALAR_TAG)


def read_bytes(path: Path, display_name: str) -> bytes:
    """Raises SpecError for a file that is not there."""
    try:
        return path.read_bytes()
    except OSError as error:
        message = tr("cannot be read: {reason}", reason=of_library(str(error.strerror)))
        raise SpecError.at(Location(display_name, 1), message) from error


def decode(content: bytes, display_name: str) -> str:
    """The text, whose lines end with LF. Raises SpecError for what is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        reason, hint = of_library(error.reason), utf_8_hint(error.object)
        said = tr("not UTF-8: {reason}{hint}", reason=reason, hint=hint)
        raise SpecError.at(Location(display_name, line), said) from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_documents(
    text: str, display_name: str, include: Include, budget: ValueBudget, *, lines_before: int = 0
) -> list[Any]:
    """The documents of one file; `shown` is its name in messages. `lines_before`: the text, where
    it is a part of the file. Raises SpecError."""
    joined = JoinedSurrogates(text)
    try:
        nodes = [node for node in yaml.compose_all(joined.text, Loader=_Loader) if node is not None]
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, display_name) from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", None) or 0
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        location = Location(display_name, text.count("\n", 0, position) + 1, column)
        reason = of_library(str(getattr(error, "reason", None) or error))
        message = tr("not YAML: {problem}", problem=reason)
        raise SpecError.at(location, message) from error
    builder = _Builder(display_name, include, joined, budget, lines_before)
    documents = [builder.build(node, 0) for node in nodes]
    if builder.diagnostics:
        raise SpecError(builder.diagnostics)
    return documents


def _syntax_error(error: yaml.MarkedYAMLError, text: str, display_name: str) -> SpecError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    written = "".join(lines[line - 1 : line])
    indentation = written[: len(written) - len(written.lstrip(" \t"))]
    if "\t" in indentation or written[column - 1 : column] == "\t":  # that is why it stopped
        at = indentation.find("\t") + 1 or column
        message = tr("not YAML: a tab character cannot be here; indent with spaces")
        return SpecError.at(Location(display_name, line, at), message)
    context = of_library(error.context) if error.context else ""
    begins = error.context_mark.line if error.context_mark else None
    if context and begins is not None and begins != (mark.line if mark else -1):
        context = tr(" {context} that begins in line {line}", context=context, line=begins + 1)
    elif context:
        context = tr(" {context}", context=context)
    begun = ""
    if error.context_mark and context:  # at the text's very end it is behind the last line
        begun = "".join(lines[error.context_mark.line : error.context_mark.line + 1])
    # the last that is neither empty nor a comment
    told = (one for one in reversed(lines[: line - 1]) if one.strip() and one.lstrip()[0] != "#")
    before = next(told, "")
    message = tr(
        "not YAML: {problem}{context}{hint}",
        problem=of_library(str(error.problem)),
        context=context,
        hint=hint(str(error.problem), *(one[:_LONGEST_HINTED] for one in (written, begun, before))),
    )
    return SpecError.at(Location(display_name, line, column), message)


class _Builder:
    """Nodes of one file to values; gathers mistakes instead of stopping at the first."""

    def __init__(
        self,
        display_name: str,
        include: Include,
        joined: JoinedSurrogates,
        budget: ValueBudget,
        lines_before: int,
    ) -> None:
        self.display_name = display_name
        self.include = include
        self.diagnostics: list[Diagnostic] = []
        self._first_line = lines_before + 1
        self._joined = joined
        self._budget = budget
        self._stack: set[yaml.Node] = set()

    def build(self, node: yaml.Node, depth: int) -> Any:
        return self._build(node, depth, self._location(node))

    def _build(self, node: yaml.Node, depth: int, location: Location) -> Any:
        if node in self._stack:
            self._report(node, tr("an alias stands inside the value that its anchor names"))
            raise SpecError(self.diagnostics)
        if complaint := self._budget.exceeded(depth):
            self._report(node, complaint)
            raise SpecError(self.diagnostics)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, location)
        if node.tag not in _PLAIN_TAGS:
            self._report(node, _unknown_tag(node))
        self._stack.add(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, depth + 1, location)
            return self._sequence(node, depth + 1, location)
        finally:
            self._stack.discard(node)

    def _scalar(self, node: yaml.ScalarNode, location: Location) -> Any:
        if node.tag == "!include":
            try:
                return self.include(node.value, location)
            except SpecError as error:
                self.diagnostics += error.diagnostics
                if self._budget.is_exhausted:
                    raise SpecError(self.diagnostics) from error
                return None
        try:
            value = CONSTRUCTORS[node.tag](self._joined.value(node))
        except KeyError:
            self._report(node, _unknown_tag(node))
            return None
        except ValueError as error:
            said = tr("{value!r} is {problem}", value=node.value[:40], problem=error)
            self._report(node, said)
            return None
        if not isinstance(value, str):
            return value
        first_line = location.line + 1 if node.style == "|" else None
        return LocatedStr(value, location, first_line, is_plain=not node.style)

    def _sequence(self, node: yaml.Node, depth: int, location: Location) -> LocatedList:
        made = LocatedList(location)
        for child in node.value:
            child_location = self._location(child)
            value = self._build(child, depth, child_location)
            if child.tag == "!include" and isinstance(value, LocatedList):
                for item, item_location in zip(value, value.locations, strict=True):
                    made.put(item, item_location)
            else:
                made.put(value, child_location)
        return made

    def _mapping(self, node: yaml.MappingNode, depth: int, location: Location) -> LocatedDict:
        made = LocatedDict(location)
        merged: list[LocatedDict] = []
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                is_list = isinstance(value_node, yaml.SequenceNode)
                for one in value_node.value if is_list else [value_node]:
                    source = self.build(one, depth)
                    if isinstance(source, LocatedDict):
                        merged.append(source)
                    else:
                        self._report(one, tr("'<<' takes a mapping, or a list of mappings"))
                continue
            key_location, value_location = self._location(key_node), self._location(value_node)
            key = self._key(key_node, key_location, made)
            value = self._build(value_node, depth, value_location)
            made.put(key, value, location=value_location, key_location=key_location)
        for source in merged:
            for key in source.keys() - made.keys():
                made.take(source, key)
        return made

    def _key(self, node: yaml.Node, location: Location, made: LocatedDict) -> Any:
        """Text, as JSON has keys: to Python `1`, `1.0` and `true` would be one and the same."""
        if not isinstance(node, yaml.ScalarNode):
            advice = ""
            if isinstance(node, yaml.MappingNode) and node.flow_style and len(node.value) == 1:
                inner = node.value[0][0]  # `{{ name }}` is a mapping with a mapping as its key
                advice = template_hint(inner.value) if isinstance(inner, yaml.ScalarNode) else ""
            self._report(node, tr("a key must be text or a number{hint}", hint=advice))
            return None
        key = self._scalar(node, location)
        if not isinstance(key, str):
            key = LocatedStr(exact_json.dumps(key), location)
        if key in made:
            first = made.key_locations[key].line
            said = tr("key {key!r} stands twice; it is first in line {line}", key=key, line=first)
            self._report(node, said)
        return key

    def _location(self, node: yaml.Node) -> Location:
        mark = node.start_mark
        return Location(self.display_name, mark.line + self._first_line, self._joined.column(mark))

    def _report(self, node: yaml.Node, message: str) -> None:
        self.diagnostics.append(Diagnostic(location=self._location(node), message=message))


def _unknown_tag(node: yaml.Node) -> str:
    shown = str(node.tag).replace("tag:yaml.org,2002:", "!!")
    return tr("unknown tag {tag}; only !include is known", tag=shown)
