"""The only door to jsonpath-ng.

The library's parser evaluates arithmetic, sorts and substitutes, reads bare words in several ways
and has no positions in its errors, so paths are read by our `parser` and become the library's
nodes here: its selectors and its filter semantics judge. Ours are only the walk (from segment to
segment, so that a miss can say how far it came, and within a budget, so that no path can run for
ever), `..` (the library makes an object per value, 20 MB become gigabytes), lengths, counts and
patterns (the library's `=~` has no time limit).

Imported for the first path that leads not straight to its value: that takes 5 ms.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from jsonpath_ng import (
    Child,
    DatumInContext,
    Fields,
    Index,
    JSONPath,
    Root,
    Slice,
    This,
    Where,
    WhereNot,
    Wildcard,
)
from jsonpath_ng.ext.filter import And, Expression, Or
from jsonpath_ng.parser import JsonPathParser

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extract.jsonpath import filter_syntax, syntax
from pytest_sisyphus.extract.regex import compile_pattern, search
from pytest_sisyphus.i18n import tr

Nodes = tuple[JSONPath, ...]

_CONTAINERS: Final = (dict, list, tuple)


def to_library(segment: syntax.Segment) -> Nodes:
    """The segment's selectors as the library's nodes. Raises ConfigError."""
    return tuple(map(_node, segment.selectors))


class Evaluation:
    """One evaluation of a path."""

    def __init__(self, data: Any, *, is_count: bool, budget: int) -> None:
        self.root = DatumInContext(data)
        self.is_count = is_count
        self.is_empty_choice = False
        self.budget = self.left = budget

    def step(self, segment: syntax.Segment, nodes: Nodes, values: list[Any]) -> list[Any]:
        found: list[Any] = []
        for value in self._below(values) if segment.is_descendant else values:
            context = DatumInContext(value, context=self.root)
            for node in nodes:
                matches = node.find(context)
                self.left -= 1 + len(matches)
                if self.left < 0:
                    raise ConfigError(
                        tr(
                            "a path looked at more than {most} values; name more of its steps",
                            most=self.budget,
                        )
                    )
                found += [match.value for match in matches]
        if not found and segment.selects_many and self.is_count:
            self.is_empty_choice |= any(isinstance(value, dict | list) for value in values)
        return found

    def _below(self, values: Iterable[Any]) -> Iterator[Any]:
        """Each value and all containers below it, in document order: nothing selects from the
        others."""
        for start in values:
            stack = [start]
            while stack:
                value = stack.pop()
                yield value
                inner = value.values() if isinstance(value, dict) else value
                if isinstance(value, _CONTAINERS):
                    stack += [one for one in reversed(list(inner)) if isinstance(one, _CONTAINERS)]


class _Length(JSONPath):
    def __init__(self, *, or_member: bool) -> None:
        self.or_member = or_member

    def find(self, data: Any) -> list[DatumInContext]:
        value = DatumInContext.wrap(data).value
        if self.or_member and isinstance(value, dict):
            return [DatumInContext(value["length"])] if "length" in value else []
        return [DatumInContext(len(value))] if isinstance(value, str | list | dict) else []


class _Count(JSONPath):
    def __init__(self, query: JSONPath) -> None:
        self.query = query

    def find(self, data: Any) -> list[DatumInContext]:
        return [DatumInContext(len(self.query.find(data)))]


class _Match(JSONPath):
    def __init__(self, query: JSONPath, pattern: Any) -> None:
        self.query = query
        self.pattern = pattern

    def find(self, data: Any) -> list[DatumInContext]:
        return [
            found
            for found in self.query.find(data)
            if isinstance(found.value, str) and search(self.pattern, found.value)
        ]


def _query(query: filter_syntax.FilterQuery) -> JSONPath:
    start: JSONPath = Root() if query.from_root else This()
    return functools.reduce(
        Child, (_node(segment.selectors[0]) for segment in query.segments), start
    )


_NODES: Final[Mapping[type, Callable[[Any], Any]]] = {
    # the library's constructor still warns that `*` once meant every name; its parser does not.
    syntax.NameSelector: lambda name: (
        JsonPathParser().parse("['*']") if name.text == "*" else Fields(name.text)
    ),
    syntax.IndexSelector: lambda position: Index(position.index),
    syntax.SliceSelector: lambda span: Slice(span.start, span.stop, span.step),
    syntax.WildcardSelector: lambda _: Wildcard(),
    syntax.LengthSelector: lambda length: _Length(or_member=length.or_member),
    syntax.FilterSelector: lambda chosen: Where(Wildcard(), _node(chosen.test)),
    filter_syntax.FilterQuery: _query,
    filter_syntax.CountFunction: lambda count: _Count(_query(count.query)),
    filter_syntax.FilterLiteral: lambda literal: literal.value,
    filter_syntax.ComparisonExpr: lambda test: Expression(
        _node(test.left), test.operator, _node(test.right)
    ),
    filter_syntax.MatchExpr: lambda match: _Match(
        _query(match.query), compile_pattern(match.pattern, any_case=match.any_case)
    ),
    filter_syntax.NotExpr: lambda test: WhereNot(This(), _node(test.test)),
    filter_syntax.LogicalExpr: lambda joined: (And if joined.kind == "and" else Or)(
        map(_node, joined.tests)
    ),
}


def _node(part: Any) -> Any:
    """The library's node; of a literal its value."""
    return _NODES[type(part)](part)
