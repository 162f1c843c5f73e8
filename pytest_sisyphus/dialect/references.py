"""What a case refers to and does not have: steps, databases, profiles, variables in a circle.

It is looked for in what is written, so that nothing else that is wrong with the case hides it.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ..errors import TemplateError
from ..located import LocatedDict, LocatedList, LocatedStr, Place
from ..registry import near
from ..render.scan import scan_text
from ..render.template import is_template
from .circles import circle_of
from .reading import Reading
from .step import named
from .written import WrittenStep, walk, written_steps

#: of one case.
_MOST_HINTS: Final = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Unmet:
    message: str
    place: Place


class _Names:
    """What the steps of a case are called; a name with a template in it may be many."""

    def __init__(self, steps: Iterable[WrittenStep]) -> None:
        names = [step.name for step in walk(steps) if step.name]
        self.counts = Counter(name for name in names if not is_template(name))
        templates = {_pattern(name) for name in names if is_template(name)}
        self._rendered = re.compile("|".join(templates), re.DOTALL) if templates else None
        self._hints = _MOST_HINTS

    def may_be_rendered(self, name: str) -> bool:
        return self._rendered is not None and bool(self._rendered.fullmatch(name))

    def which(self, name: str, known: Counter[str], when: str) -> str:
        if known[name]:
            return f"{known[name]} {when}steps"
        # with every further mistake the look at all names would take longer than the reading
        self._hints -= 1
        return f"no {when}step{near(name, known) if self._hints >= 0 else ''}"


def _pattern(name: str) -> str:
    """Of what the template can become."""
    try:
        pieces = scan_text(name)
    except TemplateError:  # a complaint of its own
        return ".*"
    return "".join(re.escape(one) if isinstance(one, str) else ".*" for one in pieces)


def unmet_references(case: LocatedDict, context: Reading) -> Iterator[Unmet]:
    """`context` has noted the names in templates while the case was read."""
    steps = [
        step
        for key in ("setup", "steps", "teardown")
        for step in written_steps(case.get(key), context)
    ]
    written = case.get("config")
    config = written if isinstance(written, LocatedDict) else LocatedDict(case.place)
    names = _Names(steps)
    yield from _unmet_dependencies(steps, Counter(), names)
    yield from _unmet_steps(steps, names, context)
    yield from _unmet_databases(config, context)
    yield from _unmet_profiles(config, context)
    circle = circle_of(config, walk(steps), context)
    if circle:
        yield Unmet(*circle)


def namesakes(case: LocatedDict) -> Iterator[Unmet]:
    """Of a case in which nothing is wrong: its own steps of one name. Those that are one step, by
    an alias or an include, are meant; children get names of their own in every output."""
    first: dict[str, Place] = {}
    for key in ("setup", "steps", "teardown"):
        items = case.get(key) or []
        for step in map(named, [items] if isinstance(items, LocatedDict) else items):
            name, place = step["name"], step.places["name"]
            if first.setdefault(name, place) != place:
                yield Unmet(
                    f"two steps are called {name!r}, the first in {first[name]}: "
                    "depends_on and steps[…] cannot tell them apart",
                    place,
                )


def _mapping(config: LocatedDict, key: str) -> Mapping[Any, Any]:
    value = config.get(key)
    return value if isinstance(value, Mapping) else {}


def _unmet_dependencies(
    steps: Iterable[WrittenStep], earlier: Counter[str], names: _Names
) -> Iterator[Unmet]:
    """Steps inside others may depend on those around and before them, and the other way round."""
    for step in steps:
        for name, place in _dependencies(step.written):
            count = earlier[name]
            if count > 1 or not (count or is_template(name) or names.may_be_rendered(name)):
                late = _late(name, step, names) if not count else ""
                which = late or names.which(name, earlier, "earlier ")
                yield Unmet(f"depends_on {name!r} names {which}", place)
        yield from _unmet_dependencies(step.before, earlier, names)
        earlier.update([step.name] if step.name else [])
        yield from _unmet_dependencies(step.after, earlier, names)


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


def _late(name: str, step: WrittenStep, names: _Names) -> str:
    if not names.counts[name]:
        return ""
    return f"no earlier step: it {'is this one' if name == step.name else 'comes after this one'}"


def _unmet_steps(steps: list[WrittenStep], names: _Names, context: Reading) -> Iterator[Unmet]:
    if not context.named_steps:
        return
    tops = {name: turn for turn, step in enumerate(steps) for name in _names_in(step)}
    own = {step.name for step in steps}
    users = _users(steps)
    for reference in context.named_steps:
        name, place = reference.name, reference.place
        count, rendered = names.counts[name], names.may_be_rendered(reference.name)
        if place is None or (rendered and count < 2):
            continue
        if count != 1:
            yield Unmet(f"steps[{name!r}] names {names.which(name, names.counts, '')}", place)
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
