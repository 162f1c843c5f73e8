"""JSON with comments, as editors keep their settings: members are put in, all else stays."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

_BLANK: Final = re.compile(r"(?:\s|//[^\n]*|/\*[\s\S]*?\*/)*")
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD: Final = re.compile(r"[^\s,:{}\[\]\"/]+")
#: what may follow an opening bracket on its line without being moved away from it.
_REST_OF_LINE: Final = re.compile(r"[^\S\n]*(?://[^\n]*)?(?=\n)")


class JsonError(ValueError):
    """The message says where."""


@record
class _Node:
    value: Any
    #: where the text goes on behind it.
    end: int
    #: behind the opening bracket, of an object or a list.
    inside: int = 0
    members: Mapping[str, "_Node"]


def with_added(text: str, wanted: Mapping[str, Any]) -> str:
    """The text with what is wanted and not there.

    A member that is there keeps its value; of an object and of a list, what is missing in them is
    added. Comments, order and layout stay. Raises JsonError.
    """
    body = text.removeprefix("\ufeff")
    bom, newline = text[: len(text) - len(body)], "\r\n" if "\r\n" in text else "\n"
    body = body.replace("\r\n", "\n")
    if not body[_end_of_blank(body, 0) :]:
        body = f"{body}{'' if body.endswith(chr(10)) or not body else chr(10)}{{\n}}\n"
    top = _parsed(body)
    found = re.search(r"\n([ \t]+)\S", body[top.inside :])
    unit = found[1] if found else "  "
    missing = {key: value for key, value in wanted.items() if key not in top.members}
    insertions = [*_insertion(body, top, missing, unit, depth=1)]
    for key, node in top.members.items():
        if isinstance(value := wanted.get(key), dict | list):
            insertions += _insertion(body, node, _missing_in(node.value, value, key), unit, depth=2)
    for place, added in sorted(insertions, reverse=True):
        body = body[:place] + added + body[place:]
    return bom + body.replace("\n", newline)


def _missing_in(there: Any, value: Any, key: str) -> Any:
    if isinstance(value, dict) and isinstance(there, dict):
        return {name: item for name, item in value.items() if name not in there}
    if isinstance(value, list) and isinstance(there, list):
        return [item for item in value if item not in there]
    kind = tr("an object") if isinstance(value, dict) else tr("a list")
    raise JsonError(tr("{key!r} is not {kind}", key=key, kind=kind))


def _insertion(
    body: str, node: _Node, more: Any, unit: str, *, depth: int
) -> Iterable[tuple[int, str]]:
    """Where what text comes: first in its bracket, behind a comment on the same line."""
    if not more:
        return
    # a dumped container of them is their lines, between brackets
    lines = json.dumps(more, indent=unit, ensure_ascii=False)[1:-1].rstrip()
    added = lines.replace("\n", "\n" + unit * (depth - 1)) + ("," if node.value else "")
    if rest := _REST_OF_LINE.match(body, node.inside):
        yield rest.end(), added
    else:
        yield node.inside, f"{added}\n{unit * (depth if node.value else depth - 1)}"


def _parsed(text: str) -> _Node:
    node = _value(text, _end_of_blank(text, 0))
    if not isinstance(node.value, dict):
        raise JsonError(tr("it holds no object"))
    if (end := _end_of_blank(text, node.end)) != len(text):
        raise _unexpected(text, end)
    return node


def _value(text: str, at: int) -> _Node:
    if text.startswith("{", at) or text.startswith("[", at):
        return _container(text, at, is_object=text[at] == "{")
    found = _STRING.match(text, at) or _WORD.match(text, at)
    if found is None:
        raise _unexpected(text, at)
    try:
        value = json.loads(found[0], strict=False)
    except ValueError:
        raise _unexpected(text, at) from None
    return _Node(value=value, end=found.end(), members={})


def _container(text: str, at: int, *, is_object: bool) -> _Node:
    members: dict[str, _Node] = {}
    items: list[_Node] = []
    inside, closing = at + 1, "}" if is_object else "]"
    at = _end_of_blank(text, inside)
    while not text.startswith(closing, at):
        key = ""
        if is_object:
            name = _value(text, at)
            at = _end_of_blank(text, name.end)
            if not isinstance(name.value, str) or not text.startswith(":", at):
                raise _unexpected(text, at)
            key, at = name.value, _end_of_blank(text, at + 1)
        node = _value(text, at)
        items.append(node)
        members[key] = node
        at = _end_of_blank(text, node.end)
        if text.startswith(",", at):
            at = _end_of_blank(text, at + 1)
        elif not text.startswith(closing, at):
            raise _unexpected(text, at)
    value: Any = [item.value for item in items]
    if is_object:
        value = {key: node.value for key, node in members.items()}
    return _Node(value=value, end=at + 1, inside=inside, members=members if is_object else {})


def _end_of_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _unexpected(text: str, at: int) -> JsonError:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    got = repr(text[at]) if at < len(text) else tr("its end")
    return JsonError(
        tr("line {line}, column {column}: unexpected {got}", line=line, column=column, got=got)
    )
