"""The older engine's project file, `.sisyphus/config.yaml`, as a `sisyphus.yaml`."""

from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.columns import RowNames
from pytest_sisyphus.convert.draft import Account, Include
from pytest_sisyphus.convert.editing import placed, put, with_texts
from pytest_sisyphus.convert.older_teststeps import template
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.project import config_mistakes
from pytest_sisyphus.spec.context import ValidationContext

#: from the folder that it holds for.
OLDER_PROJECT: Final = Path(".sisyphus", "config.yaml")
#: what goes over the project's profiles there.
_OVER: Final = ("base_url", "variables", "profiles", "data_source")
#: what was read of its profiles there.
_OF_PROFILES: Final = frozenset({"base_url", "variables"})


def convert_project(document: LocatedDict, account: Account) -> None:
    """Changes the document in place."""
    for profile in _mapping(document, "profiles").values():
        if isinstance(profile, LocatedDict):
            for key in profile.keys() - _OF_PROFILES:
                reason = tr(
                    "of the project's profiles the older engine read base_url and variables"
                )
                account.left_out(profile.pop(key), profile.locations[key], reason)
    _drop_includes(document, account)
    with_texts(document, template, but=frozenset())


def _drop_includes(value: Any, account: Account) -> None:
    """What they name would lie elsewhere."""
    if not isinstance(value, LocatedDict | LocatedList):
        return
    keys: list[Any] = [*value] if isinstance(value, LocatedDict) else [*range(len(value))][::-1]
    for key in keys:
        if isinstance(value[key], Include):
            reason = tr("no !include is kept here: write in its place what it names")
            account.not_converted(value[key], value.locations[key], reason)
            del value[key], value.locations[key]
        else:
            _drop_includes(value[key], account)


def read_project(document: LocatedDict, validation: ValidationContext) -> None:
    """Raises SpecError."""
    mistakes = config_mistakes(document, validation.for_one_case())
    active = document.get("active_profile")
    is_literal = isinstance(active, str) and "${" not in active
    if not mistakes and is_literal and active not in (document.get("profiles") or ()):
        at, said = document.locations["active_profile"], tr("there is no such profile")
        mistakes = [Diagnostic(location=at, message=said, key_path="active_profile")]
    if mistakes:
        raise SpecError(mistakes)


def keep_over_profiles(
    case: LocatedDict, columns: frozenset[str], project: LocatedDict, account: Account
) -> None:
    """Here a profile of the project goes over what a case says; there it went under.

    The case's own values come into profiles of its own, which go over the project's of the same
    names. A config that is included is told of.
    """
    profiles = project.get("profiles")
    config = case.get("config")
    if not isinstance(profiles, LocatedDict) or config is None:
        return
    holder, keys = (config, _OVER) if isinstance(config, LocatedDict) else (case, ("config",))
    included = [key for key in keys if isinstance(holder.get(key), Include)]
    for key in included:
        reason = tr("this went over the project's profiles; now they go over what is included")
        account.said(holder.locations[key], reason)
    if not isinstance(config, LocatedDict) or "profiles" in included:
        return
    hidden: set[str] = set()
    for name, profile in profiles.items():
        if isinstance(profile, LocatedDict):
            _keep_over(config, name, profile)
            hidden |= columns & _mapping(profile, "variables").keys()
    if hidden:
        names = RowNames(hidden, prefix=len(str(config.get("variable_prefix", ""))))
        names.read_of_row(case)
        names.say_what_reads_none(case, account)


def lay_over_active_profile(
    case: LocatedDict, columns: frozenset[str], project: LocatedDict, account: Account
) -> None:
    """A scenario's environment lay over the project's active profile; here one profile holds, and
    gets what the other says, but for what lay over both."""
    config, active = _mapping(case, "config"), project.get("active_profile")
    name = config.get("active_profile")
    hidden = _mapping(_mapping(project, "profiles"), str(active))
    if name in (None, active) or not hidden:
        return
    at = config.locations["active_profile"]
    own = _mapping(_mapping(config, "profiles"), str(name))
    if "base_url" in hidden and "base_url" not in own and "base_url" not in config:
        put(own, "base_url", hidden["base_url"], at)
    variables = _mapping(own, "variables")
    over = columns | variables.keys() | _mapping(config, "variables").keys()
    for key, value in _mapping(hidden, "variables").items():
        if key not in over:
            put(variables, key, placed(value, at), at)
    if variables:
        put(own, "variables", variables, at)
    reason = tr(
        "the project's profile {name!r} held under this environment: what it says now stands here, "
        "too",
        name=active,
    )
    account.said(at, reason)


def _keep_over(config: LocatedDict, name: str, profile: LocatedDict) -> None:
    own = _mapping(_mapping(config, "profiles"), name)
    made = LocatedDict(config.location).merge(own)
    differs = config.get("base_url") not in (None, profile.get("base_url"))
    if differs and "base_url" in profile and "base_url" not in own:
        made.take(config, "base_url")
    hiding, mine = _mapping(profile, "variables"), _mapping(own, "variables")
    variables = LocatedDict(config.location).merge(mine)
    for key, value in _mapping(config, "variables").items():
        if key in hiding and key not in mine and value != hiding[key]:
            variables.take(_mapping(config, "variables"), key)
    if variables != mine:
        put(made, "variables", variables, config.location)
    if made != own:
        profiles = LocatedDict(config.location).merge(_mapping(config, "profiles"))
        put(profiles, name, made, config.location)
        put(config, "profiles", profiles, config.location)


def _mapping(held: LocatedDict, key: str) -> LocatedDict:
    value: Any = held.get(key)
    return value if isinstance(value, LocatedDict) else LocatedDict(held.location)
