"""YAML as nodes, which know where they stand, and as the plain values they stand for."""

from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from .places import Complaint, Place


def read(text: str) -> tuple[Node | None, list[Complaint]]:
    """The document's root (None: there is none), and what YAML itself has against it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        return None, [_complaint(error)]
    return root, list(_repeated(root)) if root else []


def value(node: Node) -> Any:
    """Ordinary dicts, lists, texts and numbers; a complaint's text where YAML refuses."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _complaint(error: Exception) -> Complaint:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(mark.line + 1, mark.column + 1) if mark else Place()
    reason = getattr(error, "problem", None) or getattr(error, "reason", None)
    return Complaint(place, f"not YAML: {reason or 'nested too deeply'}")


def refused(error: yaml.YAMLError) -> Complaint:
    return _complaint(error)


def place(node: Node, loc: Sequence[int | str] = (), *, of_key: bool = False) -> Place:
    """Where the value at `loc` stands, or as deep as there is one; `of_key`: where its key does."""
    mark = node.start_mark
    for part in loc:
        found = _child(node, part)
        if found is None:
            break
        key, node = found
        mark = key.start_mark if of_key else node.start_mark
    return Place(mark.line + 1, mark.column + 1)


def children(node: Node) -> list[Node]:
    """The items of a sequence."""
    return list(node.value) if isinstance(node, SequenceNode) else []


def child(node: Node, name: str) -> Node | None:
    found = _child(node, name)
    return found[1] if found else None


def _child(node: Node, part: int | str) -> tuple[Node, Node] | None:
    """`(key, value)`; an item of a sequence is its own key."""
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, MappingNode):
        return next(((k, v) for k, v in node.value if k.value == part), None)
    return None


def _repeated(root: Node) -> Iterator[Complaint]:
    """Keys that are given twice: YAML would silently take the last one."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            yield from _twice(node)
            waiting.extend(inner for _, inner in node.value)
        waiting.extend(children(node))


def _twice(node: MappingNode) -> Iterator[Complaint]:
    names = set[str]()
    for key, _ in node.value:
        if str(key.value) in names:
            yield Complaint(place(key), f"the key {key.value!r} is given twice")
        names.add(str(key.value))
