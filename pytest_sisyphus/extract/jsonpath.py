"""The only door to jsonpath-ng.

The library's parser evaluates arithmetic, sorts and substitutes, reads bare words in several ways
and has no positions in its errors, so paths are read by our `parser` and become the library's
nodes here: its selectors and its filter semantics judge. Ours are only the walk (from segment to
segment, so that a miss can say how far it came, and within a budget, so that no path can run for
ever), `..` (the library makes an object per value, 20 MB become gigabytes), lengths, counts and
patterns (the library's `=~` has no time limit).
"""

import dataclasses
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

from . import misses, syntax
from .parser import parse
from .patterns import compile_pattern, search

#: values one evaluation may look at.
BUDGET: Final = 10_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Path:
    text: str
    segments: tuple[syntax.Segment, ...] = dataclasses.field(repr=False)
    #: per segment, its selectors as the library's nodes.
    nodes: tuple[tuple[JSONPath, ...], ...] = dataclasses.field(repr=False, compare=False)

    @property
    def indefinite(self) -> bool:
        """It may match several values; `….length()` of such a path is one number."""
        return any(one.is_several for one in self.segments) and not self.segments[-1].is_call

    @property
    def first_name(self) -> str | None:
        """The name it begins with, if it begins with one."""
        if not self.segments or self.segments[0].is_several:
            return None
        match self.segments[0].selectors[0]:
            case syntax.Name(text):
                return text
            case syntax.Length(or_key=True):
                return "length"
        return None

    def find(self, data: Any, *, budget: int = BUDGET) -> list[Any]:
        """All matches in order. Raises ConfigError when the path matches beyond all measure."""
        found = [data]
        for _, values in self._walk(data, budget):
            found = values
        return found

    def explain_miss(self, data: Any) -> str:
        """`no match for $.a.b; at that level there is: x, y`, with near names."""
        before = [data]
        for segment, values in self._walk(data, BUDGET):
            if not values:
                return misses.explain(self.text, segment, before)
            before = values
        return f"no match for {self.text}"

    def chose_none(self, data: Any) -> bool:
        """Nothing matches, and only because a wildcard, slice or filter had nothing to choose."""
        before = [data]
        for segment, values in self._walk(data, BUDGET):
            if not values:
                return segment.is_choice and any(map(_is_container, before))
            before = values
        return False

    def _walk(self, data: Any, budget: int) -> Iterator[tuple[syntax.Segment, list[Any]]]:
        """What matches after each segment; stops after the first that matches nothing, unless a
        choice among existing values left nothing and it is only the count that is asked for."""
        is_count = bool(self.segments) and self.segments[-1].is_call
        walk = _Walk(data, is_count=is_count, budget=budget)
        values = [data]
        several = False
        for segment, nodes in zip(self.segments, self.nodes, strict=True):
            several = several or segment.is_several
            if segment.is_call and several:
                values = [len(values)]
            else:
                values = walk.step(segment, nodes, values)
            yield segment, values
            if not values and not walk.is_empty_choice:
                return


class _Walk:
    """One evaluation of a path."""

    def __init__(self, data: Any, *, is_count: bool, budget: int) -> None:
        self.root = DatumInContext(data)
        self.is_count = is_count
        self.is_empty_choice = False
        self.budget = self.left = budget

    def step(
        self, segment: syntax.Segment, nodes: tuple[JSONPath, ...], values: list[Any]
    ) -> list[Any]:
        found: list[Any] = []
        for value in self._below(values) if segment.descends else values:
            context = DatumInContext(value, context=self.root)
            for node in nodes:
                matches = node.find(context)
                self._spend(1 + len(matches))
                found += [match.value for match in matches]
        if not found and segment.is_several and self.is_count:
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
                if isinstance(value, dict | list | tuple):
                    stack += [one for one in reversed(list(inner)) if _is_container(one)]

    def _spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise ConfigError(
                f"a path looked at more than {self.budget} values; name more of its steps"
            )


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


@functools.lru_cache(maxsize=1024)
def compile_path(text: str) -> Path:
    """Raises ConfigError that names what is wrong and where in the text."""
    segments = parse(text)
    nodes = tuple(tuple(map(_node, segment.selectors)) for segment in segments)
    return Path(text=text.strip(), segments=segments, nodes=nodes)


class _Length(JSONPath):
    def __init__(self, *, or_key: bool) -> None:
        self.or_key = or_key

    def find(self, data: Any) -> list[DatumInContext]:
        value = DatumInContext.wrap(data).value
        if self.or_key and isinstance(value, dict):
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


def _name(name: syntax.Name) -> JSONPath:
    # the library's constructor still warns that `*` once meant every name; its parser does not.
    return JsonPathParser().parse("['*']") if name.text == "*" else Fields(name.text)


def _query(query: syntax.Query) -> JSONPath:
    start: JSONPath = Root() if query.from_root else This()
    return functools.reduce(
        Child, (_node(segment.selectors[0]) for segment in query.segments), start
    )


def _compare(test: syntax.Compare) -> JSONPath:
    right = test.right
    value = right.value if isinstance(right, syntax.Value) else _node(right)
    return Expression(_node(test.left), test.operator, value)


_NODES: Final[Mapping[type, Callable[[Any], JSONPath]]] = {
    syntax.Name: _name,
    syntax.Position: lambda position: Index(position.index),
    syntax.Span: lambda span: Slice(span.start, span.stop, span.step),
    syntax.Every: lambda _: Wildcard(),
    syntax.Length: lambda length: _Length(or_key=length.or_key),
    syntax.Chosen: lambda chosen: Where(Wildcard(), _node(chosen.test)),
    syntax.Query: _query,
    syntax.Count: lambda count: _Count(_query(count.query)),
    syntax.Compare: _compare,
    syntax.Match: lambda match: _Match(
        _query(match.query), compile_pattern(match.pattern, any_case=match.any_case)
    ),
    syntax.Not: lambda test: WhereNot(This(), _node(test.test)),
    syntax.Joined: lambda joined: (And if joined.kind == "and" else Or)(map(_node, joined.tests)),
}


def _node(part: Any) -> JSONPath:
    return _NODES[type(part)](part)
