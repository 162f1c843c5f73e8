"""`match`: what is expected is part of what is there, deeply."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pytest_sisyphus.checks import expected_validation
from pytest_sisyphus.checks.equality import Difference, equal, path_of
from pytest_sisyphus.checks.factories import failed
from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, Selection
from pytest_sisyphus.extract.jsonpath import no_match
from pytest_sisyphus.i18n import tr

#: pairs of values that one check may compare: each element of a list may be any other's.
_BUDGET: Final = 2_000_000
_MOST: Final = 3
_COUNTED: Final = 1000
#: elements among which the nearest one is looked for.
_CANDIDATES: Final = 1000
_SHOWN: Final = 60
#: elements of a list in which it is worth while to look by value.
_LONG: Final = 20
_HASHED: Final = frozenset({str, int, float, bool, type(None)})


def check_match(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    if problem := expected_validation.part(expected):
        raise ConfigError(problem)
    for _, problem in expected_validation.empty_parts(expected):
        raise ConfigError(problem)
    actual, whole = selection.value, selection.path
    if isinstance(expected, list | tuple):
        actual, whole = selection.elements, selection.elements_path
    elif selection.indefinite and len(selection.matches) > 1:
        raise ConfigError(
            tr(
                "{path} matches {count} values, and their list has no keys; write [{wanted}] to "
                "look for one among them, or each for all of them",
                path=selection.path,
                count=len(selection.matches),
                wanted=show(expected, _SHOWN),
            )
        )
    comparison = _Comparison(strict=strict)
    try:
        if comparison.is_part(actual, expected):
            return PASSED
        found = list(itertools.islice(comparison.differences(actual, expected, whole), _COUNTED))
    except RecursionError as error:
        raise ConfigError(tr("what match compares is nested too deeply")) from error
    more = len(found) - _MOST
    shown = found[:_MOST]
    if more > 0:
        is_all = len(found) < _COUNTED
        shown.append(tr("and {count} more" if is_all else "and {count} or more", count=more))
    return failed(
        tr(
            "Expected a match of {wanted}, but {differences}",
            wanted=show(expected, _SHOWN),
            differences=tr("; ").join(shown),
        )
    )


class _Comparison:
    """One check's look at two values, as far as its budget reaches."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._left = _BUDGET
        #: by id of a list, which the check keeps alive: its plain members with their types.
        self._plain: dict[int, frozenset[Any]] = {}
        #: by id of a list and a key: its elements by what they have under that key.
        self._by_value: dict[tuple[int, Any], dict[Any, list[Any]]] = {}

    def is_part(self, actual: Any, expected: Any) -> bool:
        """Raises ConfigError when the budget is spent."""
        self._left -= 1
        if self._left < 0:
            raise ConfigError(
                tr(
                    "match compared {most} pairs of values and was not done: each element of the "
                    "expected list may be any of the actual one; write a path to a part of them",
                    most=_BUDGET,
                )
            )
        if isinstance(expected, dict):
            return isinstance(actual, dict) and all(
                key in actual and self.is_part(actual[key], value)
                for key, value in expected.items()
            )
        if isinstance(expected, list | tuple):
            return isinstance(actual, list | tuple) and all(
                self._has(actual, one, position) for position, one in enumerate(expected)
            )
        return equal(actual, expected, strict=self._strict)

    def differences(self, actual: Any, expected: Any, at: str) -> Iterator[str]:
        """A sentence for each; of a list only for its first element that matches none."""
        if isinstance(expected, dict) and isinstance(actual, dict):
            for key, value in expected.items():
                place = f"{at}{path_of([key])}"
                if key in actual:
                    yield from self.differences(actual[key], value, place)
                else:
                    yield tr(
                        "at {place}: expected {wanted}, but it is missing; there is: {there}",
                        place=place,
                        wanted=show(value, _SHOWN),
                        there=no_match.list_names(actual, str(key)) or tr("nothing"),
                    )
        elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
            for position, one in enumerate(expected):
                if not self._has(actual, one, position):
                    yield self._unmatched(actual, one, at)
                    return
        elif not self.is_part(actual, expected):
            one = Difference(at="", kind="changed", expected=expected, actual=actual)
            yield one.sentence(at, _SHOWN)

    def _has(self, actual: Sequence[Any], wanted: Any, position: int) -> bool:
        """Some element matches; the one at the same position is looked at first."""
        if type(wanted) in _HASHED:
            if id(actual) not in self._plain:
                plain = ((type(one), one) for one in actual if type(one) in _HASHED)
                self._plain[id(actual)] = frozenset(plain)
            if (type(wanted), wanted) in self._plain[id(actual)]:
                return True
        if position < len(actual) and self.is_part(actual[position], wanted):
            return True
        is_long = isinstance(wanted, dict) and len(actual) > _LONG
        likely = self._likely(actual, wanted) if is_long else ()
        return any(self.is_part(one, wanted) for one in itertools.chain(likely, actual))

    def _likely(self, actual: Sequence[Any], wanted: dict[Any, Any]) -> Sequence[Any]:
        """The fewest elements that have one of the plain values that are wanted."""
        likely: Sequence[Any] = ()
        for key, value in wanted.items():
            if type(value) not in _HASHED:
                continue
            place = id(actual), key
            if place not in self._by_value:
                self._by_value[place] = index = defaultdict(list)
                self._left -= len(actual)
                for one in actual:
                    if isinstance(one, dict) and type(there := one.get(key)) in _HASHED:
                        index[type(there), there].append(one)
            found = self._by_value[place].get((type(value), value), ())
            if found and (not likely or len(found) < len(likely)):
                likely = found
        return likely

    def _unmatched(self, actual: Sequence[Any], wanted: Any, at: str) -> str:
        shown = show(wanted, _SHOWN)
        where = "" if at.endswith(" ") else tr("at {place}: ", place=at)
        if not actual:
            return tr(
                "{where}expected an element that matches {wanted}, but the list is empty",
                where=where,
                wanted=shown,
            )
        said = tr(
            "{where}none of {count} matches {wanted}",
            where=where,
            count=len(actual),
            wanted=shown,
        )
        nearness = [self._nearness(one, wanted) for one in actual[:_CANDIDATES]]
        if not (highest := max(nearness)):
            return said
        nearest = nearness.index(highest)
        details = self.differences(actual[nearest], wanted, f"{at}[{nearest}]")
        return tr(
            "{said}; the nearest differs {differences}",
            said=said,
            differences=tr("; ").join(itertools.islice(details, _MOST)),
        )

    def _nearness(self, actual: Any, wanted: Any) -> tuple[int, int] | tuple[()]:
        """How many keys match and how many are there at all; nothing of what has no keys."""
        if not isinstance(wanted, dict) or not isinstance(actual, dict):
            return ()
        there = [key for key in wanted if key in actual]
        return sum(self.is_part(actual[key], wanted[key]) for key in there), len(there)
