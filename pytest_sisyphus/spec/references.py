"""What a case refers to and does not have: steps, databases, profiles, variables in a circle.

It is looked for in what is written, so that nothing else that is wrong with the case hides it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location, texts
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.cycles import cycle_of
from pytest_sisyphus.spec.http_syntax import names_content_type
from pytest_sisyphus.spec.raw_steps import RawStep, raw_steps, walk
from pytest_sisyphus.spec.step import normalise_step
from pytest_sisyphus.template.lexer import scan_text
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import listed
from pytest_sisyphus.values.record import record

#: of one case.
_MOST_HINTS: Final = 20


@record(kw_only=False)
class UnresolvedReference:
    message: str
    location: Location


class _Names:
    """What the steps of a case are called; a name with a template in it may be many."""

    def __init__(self, steps: Iterable[RawStep]) -> None:
        names = [step.name for step in walk(steps) if step.name]
        self.counts = Counter(name for name in names if not is_template(name))
        templates = set()
        for name in filter(is_template, names):
            try:
                pieces = scan_text(name)
            except TemplateError:  # a diagnostic of its own
                pieces = []
            pattern = [re.escape(one) if isinstance(one, str) else ".*" for one in pieces]
            templates.add("".join(pattern) or ".*")
        self._rendered = re.compile("|".join(templates), re.DOTALL) if templates else None
        self._hints = _MOST_HINTS

    def may_be_rendered(self, name: str) -> bool:
        return self._rendered is not None and bool(self._rendered.fullmatch(name))

    def which(self, name: str) -> str:
        if self.counts[name]:
            return tr("{n} steps", n=self.counts[name])
        return tr("no step{hint}", hint=self._near(name, self.counts))

    def which_earlier(self, name: str, earlier: Counter[str], step: RawStep) -> str:
        """`earlier`: than the step, which names it."""
        if earlier[name]:
            return tr("{n} earlier steps", n=earlier[name])
        if name == step.name:
            return tr("no earlier step: it is this one")
        if self.counts[name]:
            return tr("no earlier step: it comes after this one")
        return tr("no earlier step{hint}", hint=self._near(name, earlier))

    def _near(self, name: str, known: Counter[str]) -> str:
        # with every further mistake the look at all names would take longer than the reading
        self._hints -= 1
        return near(name, known) if self._hints >= 0 else ""


def has_no_references(case: Case, context: ValidationContext) -> bool:
    """Whether there is surely nothing to look for. `context` has noted what the models name."""
    noted = (
        context.referenced_steps,
        context.queried_databases,
        context.referenced_databases,
        context.dependent_steps,
        context.called_with_fixtures,
    )
    if any(noted):
        return False
    config = case.config
    return config is None or not (
        config.active_profile
        or (context.profile and config.profiles)
        or any(map(is_template, texts(config.variables)))
    )


def unresolved_references(
    case: LocatedDict, context: ValidationContext
) -> Iterator[UnresolvedReference]:
    """`context` has noted the names in templates while the case was read."""
    steps = [
        step for key in ("setup", "steps", "teardown") for step in raw_steps(case.get(key), context)
    ]
    written = case.get("config")
    config = written if isinstance(written, LocatedDict) else LocatedDict(case.location)
    names = _Names(steps)
    yield from _unresolved_dependencies(steps, Counter(), names)
    yield from _unresolved_steps(steps, names, context)
    yield from _unresolved_databases(config, context)
    yield from _unresolved_profiles(config, context)
    yield from _unresolved_fixtures(case.get("usefixtures"), context)
    cycle = cycle_of(config, walk(steps), context)
    if cycle:
        yield UnresolvedReference(*cycle)


def duplicate_step_names(case: LocatedDict) -> Iterator[UnresolvedReference]:
    """A case's own steps that share a name; the case is otherwise right.

    What is one step, by an alias or an include, is meant; children get names of their own in every
    output.
    """
    first: dict[str, Location] = {}
    for key in ("setup", "steps", "teardown"):
        items = case.get(key) or []
        for step in map(normalise_step, [items] if isinstance(items, LocatedDict) else items):
            name, location = step["name"], step.locations["name"]
            if first.setdefault(name, location) != location:
                message = tr(
                    "two steps are called {name!r}, the first in {first}: depends_on and "
                    "steps[…] cannot tell them apart",
                    name=name,
                    first=first[name],
                )
                yield UnresolvedReference(message, location)


def questionable(
    case: LocatedDict,
    context: ValidationContext,
    columns_of_file: Callable[[], Iterable[str]],
) -> Iterator[UnresolvedReference]:
    """What is sent in another way than meant, as it seems; the case is otherwise right.

    `columns_of_file`: the columns of the file that the case's rows are in.
    """
    if context.bare_names:
        yield from _bare_variables(case, context, columns_of_file)
    if context.untyped_json:
        yield from _untyped_json(case, context)


def _untyped_json(case: LocatedDict, context: ValidationContext) -> Iterator[UnresolvedReference]:
    config = case.get("config")
    config = config if isinstance(config, dict) else {}
    profiles = _mapping(config, "profiles").values()
    settings = [config, *(one for one in profiles if isinstance(one, dict))]
    if any(names_content_type(one["headers"]) for one in settings if one.get("headers")):
        return
    for location in context.untyped_json:
        message = tr(
            "a text is sent without a Content-Type, although this one is JSON; write it as a "
            "mapping or a list, without the quotes or the | around it, or name the Content-Type "
            "in headers"
        )
        yield UnresolvedReference(message, location)


def _bare_variables(
    case: LocatedDict,
    context: ValidationContext,
    columns_of_file: Callable[[], Iterable[str]],
) -> Iterator[UnresolvedReference]:
    """Variables of the case, and columns of its rows, that a text names as `$name`."""
    config = _mapping(case, "config")
    known = {*context.given, *_declared(case)}
    if config.get("data_iterations") is not False:
        prefix = config.get("variable_prefix", "")
        known.update(f"{prefix}{one}" for one in (*_columns(config), *columns_of_file()))
    for one in context.bare_names:
        if one.name in known and one.location:
            message = tr(
                "'${name}' is sent as it is; the variable is written {meant}",
                name=one.name,
                meant=f"${{{one.name}}}",
            )
            yield UnresolvedReference(message, one.location)


def _declared(value: Any) -> Iterator[str]:
    """What `variables` and extractors anywhere in it are called."""
    if isinstance(value, list):
        for item in value:
            yield from _declared(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in {"variables", "extractors", "extract"}:
                inside = item if isinstance(item, list) else [item]
                for one in (one for one in inside if isinstance(one, dict)):
                    yield from map(str, one)
                    yield str(one.get("name"))
            yield from _declared(item)


def _columns(config: Mapping[Any, Any]) -> Iterator[str]:
    """Of the rows that are written in the case; what a query has is not known yet."""
    source = config.get("data_source")
    rows = source.get("data") if isinstance(source, dict) else source
    for row in rows if isinstance(rows, list) else []:
        yield from map(str, row if isinstance(row, dict) else ())


def _unresolved_fixtures(
    requested: Any, context: ValidationContext
) -> Iterator[UnresolvedReference]:
    """pytest sets up the fixtures of the case that runs, and of no case that it calls."""
    names = requested if isinstance(requested, list) else []
    for called, location in context.called_with_fixtures:
        case = called.case
        if missing := next((str(one) for one in case.usefixtures if one not in names), None):
            message = tr(
                "the called case {name!r} ({location}) uses the fixture {fixture!r}, which this "
                "one does not request; write {fixture} into its usefixtures, too",
                name=case.name,
                location=case.location_of("usefixtures"),
                fixture=missing,
            )
            yield UnresolvedReference(message, location)


def _mapping(config: Mapping[Any, Any], key: str) -> Mapping[Any, Any]:
    value = config.get(key)
    return value if isinstance(value, Mapping) else {}


def _unresolved_dependencies(
    steps: Iterable[RawStep], earlier: Counter[str], names: _Names
) -> Iterator[UnresolvedReference]:
    """Steps inside others may depend on those around and before them, and the other way round."""
    for step in steps:
        value = step.raw.get("depends_on")
        wanted: Iterable[tuple[Any, Location]] = ()
        if isinstance(value, str):
            wanted = [(value, step.raw.locations["depends_on"])]
        elif isinstance(value, LocatedList):
            wanted = zip(value, value.locations, strict=True)
        for name, location in wanted:
            if not isinstance(name, str):
                continue
            count = earlier[name]
            if count > 1 or not (count or is_template(name) or names.may_be_rendered(name)):
                which = names.which_earlier(name, earlier, step)
                message = tr("depends_on {name!r} names {which}", name=name, which=which)
                yield UnresolvedReference(message, location)
        yield from _unresolved_dependencies(step.before, earlier, names)
        earlier.update([step.name] if step.name else [])
        yield from _unresolved_dependencies(step.after, earlier, names)


def _unresolved_steps(
    steps: list[RawStep], names: _Names, context: ValidationContext
) -> Iterator[UnresolvedReference]:
    if not context.referenced_steps:
        return
    tops = {
        name: turn for turn, step in enumerate(steps) for name in {one.name for one in walk([step])}
    }
    own = {step.name for step in steps}
    users = _users(steps)
    for reference in context.referenced_steps:
        name, location = reference.name, reference.location
        count, rendered = names.counts[name], names.may_be_rendered(reference.name)
        if location is None or (rendered and count < 2):
            continue
        if count != 1:
            which = names.which(name)
            message = tr("steps[{name!r}] names {which}", name=name, which=which)
            yield UnresolvedReference(message, location)
        elif reference.is_certain and users.get(location):
            top, is_own = tops[name], name in own
            if all(user < top or (user == top and is_own) for user in users[location]):
                message = tr(
                    "steps[{name!r}] is read here before that step has run: it is this one"
                    if top in users[location]
                    else "steps[{name!r}] is read here before that step has run: it comes later",
                    name=name,
                )
                yield UnresolvedReference(message, location)


def _users(steps: list[RawStep]) -> dict[Location, set[int]]:
    """Where a text stands -> which of the case's own steps it is in: several by aliases."""
    users: dict[Location, set[int]] = {}
    for turn, step in enumerate(steps):
        for location in _text_locations(step.raw):
            users.setdefault(location, set()).add(turn)
    return users


def _text_locations(value: Any) -> Iterator[Location]:
    if isinstance(value, LocatedStr):
        yield value.location
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _text_locations(key)
            yield from _text_locations(item)
    elif isinstance(value, list):
        for item in value:
            yield from _text_locations(item)


def _unresolved_databases(
    config: LocatedDict, context: ValidationContext
) -> Iterator[UnresolvedReference]:
    known = _mapping(config, "databases")
    for reference in context.referenced_databases:
        if reference.name not in known and reference.location:
            message = tr(
                "no database {name!r} in config.databases{hint}",
                name=reference.name,
                hint=near(reference.name, known),
            )
            yield UnresolvedReference(message, reference.location)
    for reference in context.queried_databases:
        if reference.name not in known and reference.location:
            message = tr(
                "db_query() asks for the database {name!r}, which config.databases does not "
                "have{hint}",
                name=reference.name,
                hint=near(reference.name, known) if known else tr("; config has no databases"),
            )
            yield UnresolvedReference(message, reference.location)


def _unresolved_profiles(
    config: LocatedDict, context: ValidationContext
) -> Iterator[UnresolvedReference]:
    known = _mapping(config, "profiles")
    name = config.get("active_profile")
    if isinstance(name, str) and name and not is_template(name) and name not in known:
        location = config.locations["active_profile"]
        hint = near(name, known) if known else tr("; config has no profiles")
        message = tr("there is no profile {name!r}{hint}", name=name, hint=hint)
        yield UnresolvedReference(message, location)
    if context.profile and known and context.profile not in known:
        yield UnresolvedReference(
            tr(
                "there is no profile {name!r}, which --sisyphus-profile names; the case has "
                "{profiles}",
                name=context.profile,
                profiles=listed(known),
            ),
            config.key_locations["profiles"],
        )
