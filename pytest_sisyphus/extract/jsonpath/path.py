"""Paths into documents: where they lead straight, and else by `library`."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from pytest_sisyphus.extract.jsonpath import no_match, syntax
from pytest_sisyphus.extract.jsonpath.parser import parse
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

if TYPE_CHECKING:
    from pytest_sisyphus.extract.jsonpath.library import Nodes

#: values one evaluation may look at.
BUDGET: Final = 10_000_000


@record(slots=False)
class Path:
    text: str
    segments: tuple[syntax.Segment, ...] = dataclasses.field(repr=False)

    @functools.cached_property
    def nodes(self) -> tuple["Nodes", ...]:
        """For each segment. Raises ConfigError."""
        from pytest_sisyphus.extract.jsonpath.library import to_library  # noqa: PLC0415 - see there

        return tuple(map(to_library, self.segments))

    @functools.cached_property
    def indefinite(self) -> bool:
        """It may match several values; `….length()` of such a path is one number."""
        return any(one.selects_many for one in self.segments) and not self.segments[-1].is_call

    @functools.cached_property
    def first_name(self) -> str | None:
        """The name it begins with, if it begins with one."""
        if not self.segments or self.segments[0].selects_many:
            return None
        match self.segments[0].selectors[0]:
            case syntax.NameSelector(text):
                return text
            case syntax.LengthSelector(or_member=True):
                return "length"
        return None

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """Every member's name that it leads through; what its filters compare is none."""
        selectors = (one for segment in self.segments for one in segment.selectors)
        return tuple(one.text for one in selectors if isinstance(one, syntax.NameSelector))

    @functools.cached_property
    def keys(self) -> tuple[str | int, ...] | None:
        """The members and indexes of a path that has nothing else; None for any other path."""
        keys: list[str | int] = []
        for segment in self.segments:
            match segment.selectors:
                case (syntax.NameSelector(key),) if not segment.is_descendant:
                    keys.append(key)
                case (syntax.IndexSelector(key),) if not segment.is_descendant:
                    keys.append(key)
                case _:
                    return None
        return tuple(keys)

    def find(self, data: Any, *, budget: int = BUDGET) -> list[Any]:
        """All matches in order. Raises ConfigError when the path matches beyond all measure."""
        if self.keys is not None and 2 * len(self.keys) <= budget:
            value = _straight_to(self.keys, data)
            if value is not _NOTHING:
                return [value]
        found = [data]
        for _, values in self._walk(data, budget):
            found = values
        return found

    def explain_no_match(self, data: Any) -> str:
        """`no match for $.a.b; at that level there is: x, y`, with near names."""
        before = [data]
        for segment, values in self._walk(data, BUDGET):
            if not values:
                return no_match.explain(self.text, segment, before)
            before = values
        return tr("no match for {path}", path=self.text)

    def selects_nothing(self, data: Any) -> bool:
        """Nothing matches, and only because a wildcard, slice or filter had nothing to choose."""
        before = [data]
        for segment, values in self._walk(data, BUDGET):
            if not values:
                return segment.is_selection and any(
                    isinstance(one, dict | list | tuple) for one in before
                )
            before = values
        return False

    def _walk(self, data: Any, budget: int) -> Iterator[tuple[syntax.Segment, list[Any]]]:
        """What matches after each segment; stops after the first that matches nothing, unless a
        choice among existing values left nothing and it is only the count that is asked for."""
        from pytest_sisyphus.extract.jsonpath.library import Evaluation  # noqa: PLC0415 - see there

        is_count = bool(self.segments) and self.segments[-1].is_call
        walk = Evaluation(data, is_count=is_count, budget=budget)
        values = [data]
        several = False
        for segment, nodes in zip(self.segments, self.nodes, strict=True):
            several = several or segment.selects_many
            if segment.is_call and several:
                values = [len(values)]
            else:
                values = walk.step(segment, nodes, values)
            yield segment, values
            if not values and not walk.is_empty_choice:
                return


_NOTHING: Final[Any] = object()


def _straight_to(keys: Iterable[str | int], value: Any) -> Any:
    """What the library would find; `_NOTHING` where it is the one to say what there is."""
    for key in keys:
        if isinstance(key, str):
            value = value.get(key, _NOTHING) if isinstance(value, dict) else _NOTHING
        elif isinstance(value, (list, tuple)) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return _NOTHING
    return value


@functools.lru_cache(maxsize=8192)
def compile_path(text: str) -> Path:
    """Raises ConfigError that names what is wrong and where in the text."""
    segments = parse(text)
    path = Path(text=text.strip(), segments=segments)
    if path.keys is None:
        _ = path.nodes  # a pattern in them may be wrong
    return path
