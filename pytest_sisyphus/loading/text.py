"""YAML text to values that remember their place. The only door to PyYAML.

Safe by construction: nodes are composed by the C parser and turned into plain data here, so no tag
can name a Python object.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from .. import jsontext
from ..located import LocatedDict, LocatedList, LocatedStr, Place
from .bounds import Bounds
from .complaints import Complaint, SpecError
from .quoting import hint, template_hint
from .scalars import CONSTRUCTORS, RESOLVERS
from .surrogates import Joined

_MERGE: Final = "tag:yaml.org,2002:merge"
_PLAIN_TAGS: Final = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}

#: (what the tag says, where it stands) -> the value.
Include = Callable[[str, Place], Any]


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to have none


for _tag, _pattern, _first in RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


def read_text(path: Path, shown: str) -> str:
    """Raises SpecError for a file that is not there or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SpecError([_complaint(shown, line, 1, f"not UTF-8: {error.reason}")]) from error
    except OSError as error:
        raise SpecError([_complaint(shown, 1, 1, f"cannot be read: {error.strerror}")]) from error


def read_documents(text: str, shown: str, include: Include, bounds: Bounds) -> list[Any]:
    """The documents of one file; `shown` is its name in messages. Raises SpecError."""
    joined = Joined(text)
    try:
        nodes = [node for node in yaml.compose_all(joined.text, Loader=_Loader) if node is not None]
    except yaml.MarkedYAMLError as error:
        raise SpecError([_syntax(error, text, shown)]) from error
    except yaml.YAMLError as error:
        raise SpecError([_unreadable(error, text, shown)]) from error
    builder = _Builder(shown, include, joined, bounds)
    documents = [builder.build(node, 0) for node in nodes]
    if builder.complaints:
        raise SpecError(builder.complaints)
    return documents


def _complaint(shown: str, line: int, column: int, message: str) -> Complaint:
    return Complaint(place=Place(shown, line, column), message=message)


def _syntax(error: yaml.MarkedYAMLError, text: str, shown: str) -> Complaint:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    tab = _tab(text, line - 1, column - 1)
    if tab is not None:
        message = "not YAML: a tab character cannot be here; indent with spaces"
        return _complaint(shown, line, tab + 1, message)
    context = f" {error.context}" if error.context else ""
    if error.context_mark and error.context_mark.line != (mark.line if mark else -1):
        context += f" that begins in line {error.context_mark.line + 1}"
    lines = text.splitlines()
    written = "".join(lines[line - 1 : line])
    begun = lines[error.context_mark.line] if error.context_mark and context else ""
    told = hint(str(error.problem), written, begun)
    message = f"not YAML: {error.problem}{context}{told}"
    return _complaint(shown, line, column, message)


def _tab(text: str, row: int, column: int) -> int | None:
    """Where a tab stands in the indentation, or where the parser stopped: that is why it did."""
    line = "".join(text.splitlines()[row : row + 1])
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" in indentation:
        return indentation.index("\t")
    return column if line[column : column + 1] == "\t" else None


def _unreadable(error: yaml.YAMLError, text: str, shown: str) -> Complaint:
    position = getattr(error, "position", None) or 0
    return _complaint(
        shown,
        text.count("\n", 0, position) + 1,
        position - (text.rfind("\n", 0, position) + 1) + 1,
        f"not YAML: {getattr(error, 'reason', None) or error}",
    )


class _Builder:
    """Nodes of one file to values; gathers complaints instead of stopping at the first."""

    def __init__(self, shown: str, include: Include, joined: Joined, bounds: Bounds) -> None:
        self.shown = shown
        self.include = include
        self.complaints: list[Complaint] = []
        self._joined = joined
        self._bounds = bounds
        self._stack: set[int] = set()

    def build(self, node: yaml.Node, depth: int) -> Any:
        self._refuse_bombs(node, depth)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in _PLAIN_TAGS:
            self._complain(node, f"unknown tag {_shown_tag(node)}; only !include is known")
        self._stack.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, depth)
            return self._sequence(node, depth)
        finally:
            self._stack.discard(id(node))

    def _refuse_bombs(self, node: yaml.Node, depth: int) -> None:
        if id(node) in self._stack:
            self._complain(node, "an alias stands inside the value that its anchor names")
        elif complaint := self._bounds.exceeded(depth):
            self._complain(node, complaint)
        else:
            return
        raise SpecError(self.complaints)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        place = self._place(node)
        if node.tag == "!include":
            return self._included(node, place)
        try:
            value = CONSTRUCTORS[node.tag](self._joined.value(node))
        except KeyError:
            self._complain(node, f"unknown tag {_shown_tag(node)}; only !include is known")
            return None
        except ValueError as error:
            self._complain(node, f"{node.value[:40]!r} is {error}")
            return None
        if not isinstance(value, str):
            return value
        first_line = place.line + 1 if node.style == "|" else None
        return LocatedStr(value, place, first_line, is_plain=not node.style)

    def _included(self, node: yaml.ScalarNode, place: Place) -> Any:
        try:
            return self.include(node.value, place)
        except SpecError as error:
            self.complaints += error.complaints
            if self._bounds.are_full:
                raise SpecError(self.complaints) from error
            return None

    def _sequence(self, node: yaml.Node, depth: int) -> LocatedList:
        made = LocatedList(self._place(node))
        for child in node.value:
            value = self.build(child, depth + 1)
            if child.tag == "!include" and isinstance(value, LocatedList):
                for item, place in zip(value, value.places, strict=True):
                    made.put(item, place)
            else:
                made.put(value, self._place(child))
        return made

    def _mapping(self, node: yaml.MappingNode, depth: int) -> LocatedDict:
        made = LocatedDict(self._place(node))
        merged: list[LocatedDict] = []
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                merged += self._merges(value_node, depth)
                continue
            key = self._key(key_node, made)
            value = self.build(value_node, depth + 1)
            made.put(key, value, place=self._place(value_node), key_place=self._place(key_node))
        for source in merged:
            for key in source.keys() - made.keys():
                made.put(
                    key, source[key], place=source.places[key], key_place=source.key_places[key]
                )
        return made

    def _key(self, node: yaml.Node, made: LocatedDict) -> Any:
        """Text, as JSON has keys: to Python `1`, `1.0` and `true` would be one and the same."""
        if not isinstance(node, yaml.ScalarNode):
            self._complain(node, f"a key must be text or a number{_mustache(node)}")
            return None
        key = self._scalar(node)
        if not isinstance(key, str):
            key = LocatedStr(jsontext.dumps(key), self._place(node))
        if key in made:
            first = made.key_places[key].line
            self._complain(node, f"key {key!r} stands twice; it is first in line {first}")
        return key

    def _merges(self, node: yaml.Node, depth: int) -> Iterator[LocatedDict]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for one in nodes:
            value = self.build(one, depth + 1)
            if isinstance(value, LocatedDict):
                yield value
            else:
                self._complain(one, "'<<' takes a mapping, or a list of mappings")

    def _place(self, node: yaml.Node) -> Place:
        mark = node.start_mark
        return Place(self.shown, mark.line + 1, self._joined.column(mark))

    def _complain(self, node: yaml.Node, message: str) -> None:
        self.complaints.append(Complaint(place=self._place(node), message=message))


def _mustache(node: yaml.Node) -> str:
    """`{{ name }}` is read as a mapping with a mapping as its key."""
    if not isinstance(node, yaml.MappingNode) or not node.flow_style or len(node.value) != 1:
        return ""
    key = node.value[0][0]
    return template_hint(key.value) if isinstance(key, yaml.ScalarNode) else ""


def _shown_tag(node: yaml.Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")
