"""What a case refers to and does not have: steps, databases, profiles, variables in a circle.

It is looked for in what is written, so that nothing else that is wrong with the case hides it.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..located import LocatedDict, LocatedList, LocatedStr, Place
from ..registry import near
from ..render.template import is_template
from .circles import circle_of
from .reading import Reading
from .written import WrittenStep, walk, written_steps


@dataclasses.dataclass(frozen=True, slots=True)
class Unmet:
    message: str
    place: Place


def unmet_references(case: LocatedDict, context: Reading) -> Iterator[Unmet]:
    """`context` has noted the names in templates while the case was read."""
    steps = [
        step
        for key in ("setup", "steps", "teardown")
        for step in written_steps(case.get(key), context)
    ]
    written = case.get("config")
    config = written if isinstance(written, LocatedDict) else LocatedDict(case.place)
    names = [step.name for step in walk(steps) if step.name]
    yield from _unmet_dependencies(steps, [], frozenset(names))
    yield from _unmet_steps(steps, Counter(names), context)
    yield from _unmet_databases(config, context)
    yield from _unmet_profiles(config, context)
    circle = circle_of(config, walk(steps), context)
    if circle:
        yield Unmet(*circle)


def _mapping(config: LocatedDict, key: str) -> Mapping[Any, Any]:
    value = config.get(key)
    return value if isinstance(value, Mapping) else {}


def _unmet_dependencies(
    steps: Iterable[WrittenStep], earlier: list[str], everywhere: frozenset[str]
) -> Iterator[Unmet]:
    """Steps inside others may depend on those around and before them, and the other way round."""
    for step in steps:
        for name, place in _dependencies(step.written):
            if earlier.count(name) != 1 and not is_template(name):
                which = _which(name, Counter(earlier), "earlier ")
                late = _late(name, step, everywhere - set(earlier))
                yield Unmet(f"depends_on {name!r} names {late or which}", place)
        yield from _unmet_dependencies(step.before, earlier, everywhere)
        earlier += [step.name] if step.name else []
        yield from _unmet_dependencies(step.after, earlier, everywhere)


def _dependencies(step: LocatedDict) -> Iterator[tuple[str, Place]]:
    value = step.get("depends_on")
    if isinstance(value, str):
        yield value, step.places["depends_on"]
    elif isinstance(value, LocatedList):
        yield from (
            (one, place)
            for one, place in zip(value, value.places, strict=True)
            if isinstance(one, str)
        )


def _which(name: str, counts: Counter[str], when: str) -> str:
    return f"{counts[name]} {when}steps" if counts[name] else f"no {when}step{near(name, counts)}"


def _late(name: str, step: WrittenStep, later: frozenset[str]) -> str:
    if name not in later:
        return ""
    return f"no earlier step: it {'is this one' if name == step.name else 'comes after this one'}"


def _unmet_steps(
    steps: list[WrittenStep], counts: Counter[str], context: Reading
) -> Iterator[Unmet]:
    tops = {name: turn for turn, step in enumerate(steps) for name in _names_in(step)}
    own = {step.name for step in steps}
    users = _users(steps)
    for reference in context.named_steps:
        name, place = reference.name, reference.place
        if place is None:
            continue
        if counts[name] != 1:
            yield Unmet(f"steps[{name!r}] names {_which(name, counts, '')}", place)
        elif reference.sure and users.get(place):
            top, is_own = tops[name], name in own
            if all(user < top or (user == top and is_own) for user in users[place]):
                yield Unmet(
                    f"steps[{name!r}] is read here before that step has run: it "
                    + ("is this one" if top in users[place] else "comes later"),
                    place,
                )


def _names_in(step: WrittenStep) -> set[str]:
    return {one.name for one in walk([step])}


def _users(steps: list[WrittenStep]) -> dict[Place, set[int]]:
    """Where a text stands -> which of the case's own steps it is in: several by aliases."""
    users: dict[Place, set[int]] = {}
    for turn, step in enumerate(steps):
        for place in _places_of_texts(step.written):
            users.setdefault(place, set()).add(turn)
    return users


def _places_of_texts(value: Any) -> Iterator[Place]:
    if isinstance(value, LocatedStr):
        yield value.place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _places_of_texts(key)
            yield from _places_of_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _places_of_texts(item)


def _unmet_databases(config: LocatedDict, context: Reading) -> Iterator[Unmet]:
    known = _mapping(config, "databases")
    for reference in context.named_databases:
        if reference.name not in known and reference.place:
            message = f"no database {reference.name!r} in config.databases"
            yield Unmet(f"{message}{near(reference.name, known)}", reference.place)
    said = "" if known else "; config has no databases"
    for reference in context.queried_databases:
        if reference.name not in known and reference.place:
            message = f"db_query() asks for the database {reference.name!r}, which config.databases"
            there = near(reference.name, known) or said
            yield Unmet(f"{message} does not have{there}", reference.place)


def _unmet_profiles(config: LocatedDict, context: Reading) -> Iterator[Unmet]:
    known = _mapping(config, "profiles")
    name = config.get("active_profile")
    if isinstance(name, str) and name and not is_template(name) and name not in known:
        place = config.places["active_profile"]
        said = near(name, known) if known else "; config has no profiles"
        yield Unmet(f"there is no profile {name!r}{said}", place)
    if context.profile and known and context.profile not in known:
        yield Unmet(
            f"there is no profile {context.profile!r}, which --sisyphus-profile names; "
            f"the case has {', '.join(map(str, known))}",
            config.key_places["profiles"],
        )
