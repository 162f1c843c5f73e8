"""`same_members`: lists that are equal in some order, as many of each."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import Any, Final

from pytest_sisyphus.checks.equality import BOOLEAN_TEXTS, differences, equal, summary
from pytest_sisyphus.checks.expected_validation import list_of_members
from pytest_sisyphus.checks.factories import failed
from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, Selection
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.numbers import as_decimal, is_number, parse_number

_MOST: Final = 3
_SHOWN: Final = 60
#: elements among which the nearest one is looked for.
_CANDIDATES: Final = 100
#: elements on either side that may be each other's only because text equals the number it spells.
_LOOSE: Final = 300


def check_same_members(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    if problem := list_of_members(expected):
        raise ConfigError(problem)
    actual = selection.elements
    if not isinstance(actual, list | tuple):
        raise ConfigError(
            tr(
                "{kind} has no members, a list does: got {got}",
                kind=kind_of(actual),
                got=show(actual),
            )
        )
    try:
        missing, unexpected = _unpaired(actual, expected, strict=strict)
    except RecursionError as error:
        raise ConfigError(tr("what same_members compares is nested too deeply")) from error
    if not missing and not unexpected:
        return PASSED
    parts = []
    if missing:
        wanted = [
            _with_count(expected[i], actual, expected, strict=strict) for i in missing[:_MOST]
        ]
        parts.append(
            tr(
                "{count} is missing: {members}"
                if len(missing) == 1
                else "{count} are missing: {members}",
                count=len(missing),
                members=_listed(wanted, len(missing)),
            )
        )
    if unexpected:
        found = [f"[{i}] {show(actual[i], _SHOWN)}" for i in unexpected[:_MOST]]
        parts.append(
            tr(
                "{count} is not expected: {members}"
                if len(unexpected) == 1
                else "{count} are not expected: {members}",
                count=len(unexpected),
                members=_listed(found, len(unexpected)),
            )
        )
    if missing and unexpected:
        wanted_first, whole = expected[missing[0]], selection.elements_path
        parts += _nearest(wanted_first, actual, unexpected, strict=strict, whole=whole)
    return failed(
        tr(
            "Expected the same members in any order, but {differences}",
            differences=tr("; ").join(parts),
        )
    )


def _unpaired(
    actual: Sequence[Any], expected: Sequence[Any], *, strict: bool
) -> tuple[list[int], list[int]]:
    """The positions of what is expected and missing, and of what is there and not expected."""
    there: dict[Hashable, list[int]] = defaultdict(list)
    for position in reversed(range(len(actual))):
        there[_key(actual[position], spelled=False)].append(position)
    missing = []
    for position, wanted in enumerate(expected):
        same = there.get(_key(wanted, spelled=False))
        if same:
            same.pop()
        else:
            missing.append(position)
    unexpected = sorted(position for same in there.values() for position in same)
    if strict or not missing or not unexpected:
        return missing, unexpected
    return _without_spelled_pairs(actual, expected, missing, unexpected)


def _without_spelled_pairs(
    actual: Sequence[Any], expected: Sequence[Any], missing: list[int], unexpected: list[int]
) -> tuple[list[int], list[int]]:
    """What is left when text is also paired with the number or boolean that it spells."""
    groups: dict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for position in missing:
        groups[_key(expected[position], spelled=True)][0].append(position)
    for position in unexpected:
        groups[_key(actual[position], spelled=True)][1].append(position)
    pairs: dict[int, int] = {}
    for wanted, found in groups.values():
        if wanted and found and max(len(wanted), len(found)) > _LOOSE:
            raise ConfigError(
                tr(
                    "more than {most} elements such as {value} could be each other's, for text "
                    "equals the number it spells; write numbers as numbers",
                    most=_LOOSE,
                    value=show(expected[wanted[0]], _SHOWN),
                )
            )
        pairs |= _paired(wanted, found, lambda i, j: equal(actual[j], expected[i], strict=False))
    taken = set(pairs.values())
    return (
        [i for i in missing if i not in taken],
        [j for j in unexpected if j not in pairs],
    )


def _paired(
    wanted: list[int], found: list[int], fits: Callable[[int, int], bool]
) -> dict[int, int]:
    """As many pairs as there can be, found -> wanted: who is in the way moves to another one."""
    candidates = {i: [j for j in found if fits(i, j)] for i in wanted}
    pairs: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        free = [j for j in candidates[i] if j not in pairs]
        for j in free[:1] or candidates[i]:
            if j in seen:
                continue
            seen.add(j)
            if j not in pairs or place(pairs[j], seen):
                pairs[j] = i
                return True
        return False

    for i in wanted:
        place(i, set())
    return pairs


def _key(value: Any, *, spelled: bool) -> Hashable:
    """The same for values that are equal; `spelled`: also for text and the number that it spells,
    and then for some that are not."""
    if isinstance(value, dict):
        return "{}", frozenset((key, _key(one, spelled=spelled)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return "[]", tuple(_key(one, spelled=spelled) for one in value)
    if isinstance(value, str):
        return (spelled and _spelled(value)) or (str, str(value))
    if is_number(value):
        return Decimal, as_decimal(value)
    try:
        hash(value)
    except TypeError:
        return type(value), repr(value)
    return type(value), value


def _spelled(text: str) -> Hashable:
    for truth, spellings in BOOLEAN_TEXTS.items():
        if text in spellings:
            return bool, truth
    number = parse_number(text)
    return None if number is None else (Decimal, number)


def _with_count(
    wanted: Any, actual: Sequence[Any], expected: Sequence[Any], *, strict: bool
) -> str:
    """`5`, or `5 (2 expected, 1 there)` of one that is there, but not as often."""
    shown = show(wanted, _SHOWN)
    there = sum(equal(one, wanted, strict=strict) for one in actual)
    if not there:
        return shown
    wanted_times = sum(equal(one, wanted, strict=True) for one in expected)
    return tr(
        "{value} ({wanted} expected, {there} there)",
        value=shown,
        wanted=wanted_times,
        there=there,
    )


def _nearest(
    wanted: Any, actual: Sequence[Any], unexpected: list[int], *, strict: bool, whole: str
) -> list[str]:
    """How the mapping that comes nearest differs, if one has anything of it."""
    if not isinstance(wanted, dict):
        return []
    counts = {
        i: sum(1 for _ in differences(actual[i], wanted, strict=strict))
        for i in unexpected[:_CANDIDATES]
        if isinstance(actual[i], dict)
        and any(
            key in actual[i] and equal(actual[i][key], value, strict=strict)
            for key, value in wanted.items()
        )
    }
    if not counts:
        return []
    nearest = min(counts, key=lambda i: counts[i])
    told = summary(actual[nearest], wanted, strict=strict, whole=f"{whole}[{nearest}]")
    return [tr("the nearest differs {differences}", differences=told)]


def _listed(members: Sequence[str], count: int) -> str:
    """`members`: of all `count` those that are shown."""
    names = tr(", ").join(members)
    return (
        tr("{names} and {count} more", names=names, count=count - _MOST) if count > _MOST else names
    )
