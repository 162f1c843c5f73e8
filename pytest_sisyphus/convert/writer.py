"""A draft as YAML. Nothing else quotes: text of a source never becomes a type or a tag."""

import bisect
import re
from collections.abc import Iterator
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Draft, Fate, Include
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.values import exact_json

_PLAIN: Final = re.compile(r"[A-Za-z/_$\u4e00-\u9fff](?:[^#:]|:(?! |$)|(?<! )#)*(?<! )")
_FLOW_PLAIN: Final = re.compile(r"[A-Za-z/_$][\w/.$@*-]*")
_OTHER_TYPES: Final = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
#: the path of a step.
_STEP: Final = re.compile(r"(?:setup|steps|teardown|teststeps|)\[\d+\](?![^.])")
_MAX_COMMENT: Final = 2000
_MAX_FLOW: Final = 80


def write(draft: Draft) -> str:
    return "\n".join(_Writer(draft).lines()) + "\n"


class _Writer:
    def __init__(self, draft: Draft) -> None:
        self._case = draft.case
        #: (the container, its key or index) -> comments above it; behind its line.
        self._above: dict[tuple[int, Any], list[str]] = {}
        self._behind: dict[tuple[int, Any], str] = {}
        self._head: list[str] = []
        self._end: list[str] = []
        entries = sorted(_entries(draft.case), key=lambda one: one[0])
        self._place_comments(draft, entries)
        self._place_notes(draft.account)

    def lines(self) -> list[str]:
        made = self._list if isinstance(self._case, list) else self._mapping
        body = made(self._case, "") or [_flow(self._case) or ""]
        return [*self._head, *body, *self._end]

    def _place_comments(self, draft: Draft, entries: list[tuple[int, tuple[int, Any]]]) -> None:
        numbers = [line for line, _ in entries]
        for comment in draft.comments:
            at = bisect.bisect_left(numbers, comment.line)
            if at == len(entries):
                self._end.append(comment.text)
            elif not comment.is_alone and numbers[at] == comment.line:
                self._behind.setdefault(entries[at][1], comment.text)
            else:
                self._above.setdefault(entries[at][1], []).append(comment.text)

    def _place_notes(self, account: Account) -> None:
        """At the step that they are about, or where it stood; else at the top."""
        holders = [self._case]
        if isinstance(self._case, LocatedDict):
            holders = [self._case.get(name) for name in ("setup", "steps", "teardown")]
        steps: list[tuple[int, tuple[int, Any]]] = []
        for held in holders:
            if isinstance(held, LocatedList):
                steps += [(at.line, (id(held), i)) for i, at in enumerate(held.locations)]
        steps.sort(key=lambda one: one[0])
        lines = [line for line, _ in steps]
        notes = [one for one in account.sorted_notes if one.fate is Fate.NOT_CONVERTED]
        gone = {one.path for one in notes if _STEP.fullmatch(one.path)}
        for note in notes:
            value = f" {note.value}" if note.value else ""
            text = tr(
                "# NOT CONVERTED: line {line}, {path}:{value} ({reason})",
                line=note.location.line,
                path=note.path,
                value=value,
                reason=note.reason,
            )
            text = "".join(c if c.isprintable() else " " for c in text)[:_MAX_COMMENT]
            before = bisect.bisect_right(lines, note.location.line)
            step = _STEP.match(note.path)
            if step and step[0] in gone:
                behind = steps[before:]
                place = self._above.setdefault(behind[0][1], []) if behind else self._end
                place.append(text)
            elif before and step:
                self._above.setdefault(steps[before - 1][1], []).append(text)
            else:
                self._head.append(text)

    def _mapping(self, value: dict[Any, Any], indent: str) -> list[str]:
        lines: list[str] = []
        for key, child in value.items():
            lines += self._comments(value, key, indent)
            lines += self._entry(f"{indent}{scalar(key)}:", child, indent, (id(value), key))
        return lines

    def _list(self, value: list[Any], indent: str) -> list[str]:
        lines: list[str] = []
        for index, child in enumerate(value):
            lines += self._comments(value, index, indent)
            place = (id(value), index)
            inner = f"{indent}  "
            if isinstance(child, dict) and child and _flow(child) is None:
                made = self._mapping(child, inner)
                at = next(i for i, line in enumerate(made) if not line.lstrip().startswith("#"))
                made[at] = f"{indent}- {made[at][len(inner) :]}"
                made[:at] = [line[2:] for line in made[:at]]
                if place in self._behind:
                    made.insert(0, f"{indent}{self._behind[place]}")
                lines += made
            else:
                lines += self._entry(f"{indent}-", child, indent, place)
        return lines

    def _comments(self, container: Any, key: Any, indent: str) -> Iterator[str]:
        for text in self._above.get((id(container), key), ()):
            yield f"{indent}{text}"

    def _entry(self, start: str, value: Any, indent: str, place: tuple[int, Any]) -> list[str]:
        behind = f"  {self._behind[place]}" if place in self._behind else ""
        inner = f"{indent}  "
        if isinstance(value, str) and not isinstance(value, Include) and (block := _block(value)):
            mark, lines = block
            return [
                f"{start} {mark}{behind}",
                *(f"{inner}{line}" if line else "" for line in lines),
            ]
        flow = _flow(value)
        if flow is not None:
            return [f"{start} {flow}{behind}"]
        made = self._mapping(value, inner) if isinstance(value, dict) else self._list(value, inner)
        return [f"{start}{behind}", *made]


def scalar(value: Any, *, in_flow: bool = False) -> str:
    if isinstance(value, Include):
        return f"!include {scalar(str(value), in_flow=in_flow)}"
    if not isinstance(value, str):
        return str(exact_json.dumps(value))
    plain = _FLOW_PLAIN if in_flow else _PLAIN
    if plain.fullmatch(value) and value.isprintable() and value.lower() not in _OTHER_TYPES:
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = "".join(c if c.isprintable() else rf"\U{ord(c):08x}" for c in escaped)
    return f'"{escaped}"'


def _flow(value: Any) -> str | None:
    """On one line: scalars, what is empty, and short lists and mappings of scalars in checks."""
    if not isinstance(value, dict | list):
        return scalar(value)
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, dict) or any(isinstance(one, dict | list) for one in value):
        return None
    made = f"[{', '.join(scalar(one, in_flow=True) for one in value)}]"
    return made if len(made) <= _MAX_FLOW else None


def _block(text: str) -> tuple[str, list[str]] | None:
    """The head and the lines of a block (`|`); None where it would not give the same text again."""
    if "\n" not in text or text.endswith("\n\n") or text[0] in "\n ":
        return None
    lines = text.removesuffix("\n").split("\n")
    if not all(line.isprintable() and line == line.rstrip() for line in lines) or not lines[-1]:
        return None
    return ("|" if text.endswith("\n") else "|-"), lines


def _entries(value: Any) -> Iterator[tuple[int, tuple[int, Any]]]:
    """The line of every entry, and which one it is; containers before what they hold."""
    if isinstance(value, LocatedDict):
        for key, child in value.items():
            yield value.key_locations[key].line, (id(value), key)
            yield from _entries(child)
    elif isinstance(value, LocatedList):
        for index, child in enumerate(value):
            yield value.locations[index].line, (id(value), index)
            yield from _entries(child)
