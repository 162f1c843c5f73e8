"""What the older engine made otherwise of its first dialect, where the file shows it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.columns import columns_of
from pytest_sisyphus.convert.draft import Account, Include
from pytest_sisyphus.convert.editing import placed
from pytest_sisyphus.convert.included import included_value
from pytest_sisyphus.convert.older_extractors import SEVERAL
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.values.describe import short_repr

_TEMPLATE: Final = re.compile(r"\$\{([^{}]*)\}")
_NAMES: Final = re.compile(r"(?<![\w.])[^\W\d]\w*")
_REQUESTS: Final = (None, "request", "api", "http", "poll")
#: steps whose checks were never looked at.
_UNCHECKED: Final = ("script", "wait", "loop", "concurrent")
_CHECKS: Final = ("validations", "validate", "assertions")
#: checks that looked at all matches of a path.
_OF_ALL: Final = ("contains", "not_contains")
_NULL: Final = re.compile(r"[=!]=\s*null\b|(?<![\w.])null\s*[=!]=")
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
#: where a value is sent as text.
_AS_TEXT: Final = ("url", "params", "headers", "cookies")
_SENT: Final = (*_AS_TEXT, "body")


def variables_of(case: LocatedDict, file: Path) -> dict[str, Any]:
    """Those that the case gives itself; columns of CSV are texts."""
    config = case.get("config")
    if not isinstance(config, LocatedDict):
        return {}
    profiles, source = config.get("profiles"), config.get("data_source")
    active = profiles.get(str(config.get("active_profile"))) if isinstance(profiles, dict) else None
    held = [config.get("variables"), active.get("variables") if isinstance(active, dict) else None]
    columns = columns_of(source, file, str(config.get("variable_prefix", "")))
    is_csv = isinstance(source, dict) and source.get("type") == "csv"
    known = {key: one for each in held if isinstance(each, dict) for key, one in each.items()}
    for column in columns:
        known.pop(column, None)
    return {**known, **dict.fromkeys(columns, "")} if is_csv else known


def say_of_rows(config: LocatedDict, account: Account) -> None:
    if "data_source" in config and "data_iterations" not in config:
        reason = tr(
            "the older engine read rows only with data_iterations: true; now each row is a run"
        )
        account.said(config.locations["data_source"], reason)


def say_of_blocks(value: Any, at: Location, account: Account) -> None:
    """`{% … %}` in texts, which stay."""
    if isinstance(value, LocatedDict):
        for key in value.keys() - {"script"}:
            say_of_blocks(value[key], value.locations[key], account)
    elif isinstance(value, LocatedList):
        for one_at, one in zip(value.locations, value, strict=True):
            say_of_blocks(one, one_at, account)
    elif isinstance(value, str) and _has_block(value):
        reason = tr(
            "the older engine carried out {{% … %}}; here it is text: write ${{a if b else c}}, a "
            "loop or a script"
        )
        account.not_converted(value, at, reason)


def _has_block(text: str) -> bool:
    begin = text.find("{%")
    return begin >= 0 and text.find("%}", begin + len("{%")) >= 0


def say_of_references(config: LocatedDict, account: Account) -> None:
    """`config.variables` named each other before a profile replaced any."""
    variables, profiles = config.get("variables"), config.get("profiles")
    active = profiles.get(str(config.get("active_profile"))) if isinstance(profiles, dict) else None
    hiding = active.get("variables") if isinstance(active, dict) else None
    if not isinstance(variables, LocatedDict) or not isinstance(hiding, dict):
        return
    replaced = {key for key, value in variables.items() if hiding.get(key, value) != value}
    for key, value in variables.items():
        named = _NAMES.findall(" ".join(_TEMPLATE.findall(value))) if isinstance(value, str) else ()
        if names := sorted(replaced.intersection(named)):
            reason = tr(
                "the older engine put the value of config.variables for {names}; now that of the "
                "active profile",
                names=tr(", ").join(names),
            )
            account.said(variables.locations[key], reason)


def say_of_step(
    step: LocatedDict, variables: dict[str, Any], account: Account, file: Path, reader: Reader
) -> None:
    """`variables`: those of the case, as far as it gives them itself."""
    _say_of_run(step, account)
    kind = step.get("type")
    if kind == "script" and "${" in str(step.get("script")) and "script_file" not in step:
        reason = tr(
            "the older engine wrote values in place of ${{…}} before the script ran; now the "
            "script stays as it is: write get_var('name')"
        )
        account.said(step.locations["script"], reason)
    is_unchecked = kind in _UNCHECKED or (
        kind == "database" and step.get("operation", "query") != "query"
    )
    for name in _CHECKS:
        if is_unchecked and isinstance(step.get(name), LocatedList) and step[name]:
            reason = tr("the older engine never looked at checks of such a step; now they count")
            account.said(step.locations[name], reason)
        _say_of_first_matches(step.get(name), account)
    if kind in _REQUESTS:
        # what it includes is looked at as if it stood here
        seen = LocatedDict(step.location).merge(step)
        for key in _SENT:
            if isinstance(seen.get(key), Include):
                at = seen.locations[key]
                seen[key] = placed(included_value(seen[key], at, file, reader), at)
        _say_of_request(seen, variables, account)


def _say_of_first_matches(checks: Any, account: Account) -> None:
    for one in checks if isinstance(checks, LocatedList) else ():
        if not isinstance(one, LocatedDict):
            continue
        path = one.get("path")
        if isinstance(path, str) and SEVERAL.search(path) and one.get("type") not in _OF_ALL:
            reason = tr(
                "the older engine looked at the first match of this path; now at all of them"
            )
            account.said(one.locations["path"], reason)
        _say_of_first_matches(one.get("sub_validations"), account)


def _say_of_run(step: LocatedDict, account: Account) -> None:
    if isinstance(step.get("depends_on"), str):
        reason = tr(
            "the older engine always skipped a step whose depends_on is a text; now it runs after "
            "that step"
        )
        account.said(step.locations["depends_on"], reason)
    if _NULL.search(str(step.get("only_if"))):
        reason = tr(
            "the older engine always skipped a step that compares with null; now it decides"
        )
        account.said(step.locations["only_if"], reason)


def _say_of_request(step: LocatedDict, variables: dict[str, Any], account: Account) -> None:
    body, was_json = step.get("body"), _was_json(step)
    is_form = str(_content_type(step)).lower().startswith(_FORMS)
    if isinstance(body, LocatedDict) and was_json is False and not is_form:
        reason = tr(
            "the older engine sent a mapping as a form unless the step has the header "
            "'Content-Type: application/json', written so; now it is JSON: for a form write form"
        )
        account.said(step.locations["body"], reason)
    elif isinstance(body, LocatedDict | LocatedList) and not is_form:
        names = [*_whole_templates(body, variables)]
        if names:
            reason = tr(
                "the older engine put a text for {names}; now numbers, booleans, lists and "
                "mappings stay what they are",
                names=tr(", ").join(f"${{{one}}}" for one in dict.fromkeys(names)),
            )
            account.said(step.locations["body"], reason)
    for key in _SENT:
        if key in step:
            is_json = key == "body" and not is_form and not isinstance(body, str)
            words = _words(step[key], step.locations[key], variables, is_json=is_json)
            for at, old, new in words:
                account.said(
                    at, tr("the older engine sent {old}; now {new} is sent", old=old, new=new)
                )


def _was_json(step: LocatedDict) -> bool | None:
    """By the header's exact name; None: it cannot be known."""
    headers = step.get("headers")
    if headers is not None and not isinstance(headers, LocatedDict):
        return None
    said = "" if headers is None else str(headers.get("Content-Type", ""))
    return None if "${" in said else "application/json" in said


def _content_type(step: LocatedDict) -> Any:
    headers = step.get("headers")
    named = headers.items() if isinstance(headers, LocatedDict) else ()
    return next((value for key, value in named if str(key).lower() == "content-type"), "")


def _whole_templates(value: Any, variables: dict[str, Any]) -> Iterator[str]:
    """The expressions of texts that are one template, and may stand for something else."""
    if isinstance(value, LocatedDict | LocatedList):
        for one in value.values() if isinstance(value, LocatedDict) else value:
            yield from _whole_templates(one, variables)
    elif isinstance(value, str) and (found := _TEMPLATE.fullmatch(value)):
        expression = found[1].strip()
        known = variables.get(expression)
        if not isinstance(known, str) or "${" in known:
            yield expression


def _words(
    value: Any, at: Location, variables: dict[str, Any], *, is_json: bool
) -> Iterator[tuple[Location, str, str]]:
    """Where `True` or `None` was sent as text there: the place, that, and what is sent here.

    `is_json`: what is no part of a text stays what it is.
    """
    if isinstance(value, LocatedDict):
        for key, one in value.items():
            yield from _words(one, value.locations[key], variables, is_json=is_json)
    elif isinstance(value, LocatedList):
        for one_at, one in zip(value.locations, value, strict=True):
            yield from _words(one, one_at, variables, is_json=is_json)
    elif isinstance(value, str) and not (is_json and _TEMPLATE.fullmatch(value)):
        known = [variables.get(name.strip(), "") for name in _TEMPLATE.findall(value)]
        word = next((one for one in known if one is None or isinstance(one, bool)), "")
        is_left_out = word is None and _TEMPLATE.fullmatch(value)
        new = tr("nothing") if is_left_out else "null" if word is None else str(word).lower()
        if word != "":
            yield at, str(word), new
        else:
            held = [one for one in known if isinstance(one, list | dict)]
            yield from ((at, *_of_container(one, value)) for one in held)
    elif isinstance(value, bool) and not is_json:
        yield at, str(value), str(value).lower()


def _of_container(held: Any, text: str) -> tuple[str, str]:
    """What was sent of a list or mapping in a text, and what is sent here."""
    if isinstance(held, list) and _TEMPLATE.fullmatch(text):
        return short_repr(held), tr("each of its values")
    return short_repr(held), "JSON"
