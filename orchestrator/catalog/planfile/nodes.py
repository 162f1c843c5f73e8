"""YAML as nodes, which know where they stand, and as the plain values they stand for."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.catalog.planfile.location import Diagnostic, Location
from orchestrator.i18n import tr

#: values of a file of plans, its aliases written out.
_MOST: Final = 500_000


def read(text: str) -> tuple[Node | None, list[Diagnostic]]:
    """The document's root (None: there is none), and what YAML itself has against it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        # Aliases can make a file of a few lines stand for more than any memory holds.
        too_many = root is not None and _written_out(root, {}) > _MOST
    except (yaml.YAMLError, RecursionError) as error:
        return None, [refused(error)]
    if root is None:
        return None, []
    if too_many:
        reason = tr("more than {number} values once its aliases are written out", number=_MOST)
        return None, [Diagnostic(location(root), reason)]
    return root, list(_refused_keys(root))


def value(node: Node) -> Any:
    """Ordinary dicts, lists, texts and numbers; a diagnostic's text where YAML refuses."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def refused(error: Exception) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    location = Location(mark.line + 1, mark.column + 1) if mark else Location()
    reason = getattr(error, "problem", None) or getattr(error, "reason", None)
    return Diagnostic(location, tr("not YAML: {reason}", reason=reason or tr("nested too deeply")))


def location(node: Node, loc: Sequence[int | str] = (), *, of_key: bool = False) -> Location:
    """Where the value at `loc` stands, or as deep as there is one; `of_key`: where its key does."""
    mark = node.start_mark
    for part in loc:
        found = _child(node, part)
        if found is None:
            break
        key, node = found
        mark = key.start_mark if of_key else node.start_mark
    return Location(mark.line + 1, mark.column + 1)


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


def _written_out(node: Node, known: dict[int, int]) -> int:
    """How many nodes it stands for; one that stands in itself stands for too many."""
    if id(node) not in known:
        known[id(node)] = _MOST + 1
        pairs = node.value if isinstance(node, MappingNode) else ()
        inner = [*children(node), *(one for pair in pairs for one in pair)]
        known[id(node)] = 1 + sum(_written_out(one, known) for one in inner)
    return known[id(node)]


def _refused_keys(root: Node) -> Iterator[Diagnostic]:
    """Keys that are no text, and keys that are given twice: YAML would silently take the last."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            names = set[str]()
            for key, inner in node.value:
                if not isinstance(key, ScalarNode):
                    yield Diagnostic(location(key), tr("a key must be text"))
                elif key.value in names:
                    twice = tr("the key {key!r} is given twice", key=key.value)
                    yield Diagnostic(location(key), twice)
                else:
                    names.add(key.value)
                waiting.append(inner)
        waiting.extend(children(node))
