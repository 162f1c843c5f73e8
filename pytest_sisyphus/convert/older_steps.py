"""The older engine's first dialect, whose files have `name` and `steps`, as this one."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.columns import settle_rows
from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import name_step, put, rename, unique_step_names, with_texts
from pytest_sisyphus.convert.older_conditions import convert_conditions
from pytest_sisyphus.convert.older_extractors import convert_extractors
from pytest_sisyphus.convert.older_meanings import (
    say_of_blocks,
    say_of_references,
    say_of_rows,
    say_of_step,
    variables_of,
)
from pytest_sisyphus.convert.older_polls import convert_poll
from pytest_sisyphus.convert.reading import read_text, was_read_as
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.compat import with_default_filter
from pytest_sisyphus.spec.config import ProjectConfig

#: a call as it began -> as it begins; of `now_us()`, all of it.
_CALLS: Final = {
    "now_us()": "date('%Y%m%d%H%M%S%f')",
    "uuid_str(": "uuid(",
    "strftime(": "date(",
}
_CALL: Final = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, _CALLS))})")
_TEMPLATE: Final = re.compile(r"\$\{[^{}]*\}")
_STEPS: Final = ("setup", "steps", "teardown", "loop_steps", "concurrent_steps")
_CHECKS: Final = ("validations", "validate", "assertions")


def convert(
    case: LocatedDict, account: Account, file: Path, reader: Reader, *, prefix: str = "step"
) -> None:
    """Changes the case in place; what the dialect still refuses is for others to drop.

    `prefix`: of the names of steps that have none.
    """
    _name_steps(case, account, prefix)
    say_of_blocks(case, case.location, account)
    with_texts(case, _template, but=frozenset({"script"}))
    config = case.get("config")
    if isinstance(config, LocatedDict):
        settle_rows(config.get("data_source"), file, account)
        for key in ProjectConfig.deprecated:
            if key in config:
                reason = tr("the command line and the platform's events do this now")
                account.left_out(config.pop(key), config.locations[key], reason)
        say_of_rows(config, account)
        _retries(config)
        say_of_references(config, account)
    variables = variables_of(case, file)
    for step in _steps(case):
        _older_keys(step)
        say_of_step(step, variables, account, file, reader)
        _step(step, account, file)
    for name in _STEPS:
        unique_step_names(case.get(name), account)


def _name_steps(holder: LocatedDict, account: Account, prefix: str = "step") -> None:
    """Those around a step had no need of one."""
    for key in _STEPS:
        steps = holder.get(key)
        for number, step in enumerate(steps if isinstance(steps, LocatedList) else [steps], 1):
            if not isinstance(step, LocatedDict) or "name" in step or _is_named_by_key(step):
                continue
            if key in ("setup", "teardown"):
                put(step, "name", f"{key} {number}", step.location)
            else:
                name_step(step, number, account, prefix=prefix)


def _is_named_by_key(step: LocatedDict) -> bool:
    return len(step) == 1 and isinstance(next(iter(step.values())), LocatedDict)


def convert_part(value: Any, kind: str, account: Account, file: Path, *, reader: Reader) -> None:
    """The same of a file that is included as the value of the key `kind`, or in a list there."""
    at = value.location
    if isinstance(value, LocatedDict) and kind in _STEPS:
        several = LocatedList(at)
        several.put(value, at)
        value = several
    holder = LocatedDict(at)
    put(holder, kind, value, at)
    # of two files, steps without a name get different ones; the last root is the nearest folder
    # that holds all
    named = Path(os.path.relpath(file, reader.roots[-1])).with_suffix("")
    convert(holder, account, file, reader, prefix=named.as_posix())


def _template(text: str) -> str:
    def inside(found: re.Match[str]) -> str:
        if (written := with_default_filter(found[0])) is not None:
            return written
        return _CALL.sub(lambda call: _CALLS[call[1]], found[0])

    return _TEMPLATE.sub(inside, text)


def _steps(holder: LocatedDict) -> Iterator[LocatedDict]:
    """All steps, of either spelling, those inside of steps too."""
    for name in _STEPS:
        held = holder.get(name)
        for one in held if isinstance(held, LocatedList) else [held]:
            if not isinstance(one, LocatedDict):
                continue
            step = next(iter(one.values())) if _is_named_by_key(one) else one
            yield step
            yield from _steps(step)


def _step(step: LocatedDict, account: Account, file: Path) -> None:
    _switches(step, account)
    convert_conditions(step, account)
    _retries(step)
    convert_poll(step, account)
    _script(step, account, file)
    _name_steps(step, account)
    for name in _CHECKS:
        if isinstance(held := step.get(name), LocatedDict):
            at = step.locations[name]
            step[name] = _checks_of_mapping(held)
            account.said(at, tr("the older engine dropped this mapping; now its checks count"))
        _messages(step.get(name), account)
        _groups(step.get(name), account)
    for name in ("extractors", "extract"):
        convert_extractors(step.get(name), account)


def _older_keys(step: LocatedDict) -> None:
    for old, new in (("condition", "only_if"), ("loop_max", "max_iterations")):
        if old in step and new not in step and step.get("type") not in ("wait", "poll"):
            rename(step, old, new)


def _switches(step: LocatedDict, account: Account) -> None:
    if "capture_output" in step:
        at = step.locations["capture_output"]
        account.left_out(step.pop("capture_output"), at, tr("output is always kept, as $.output"))
    if "enabled" in step:
        at = step.locations["enabled"]
        if (enabled := step.pop("enabled")) is False:
            put(step, "skip_if", True, at)
            account.said(at, tr("the older engine ran this step; now it is skipped, as it says"))
        else:
            account.left_out(enabled, at, tr("a step runs unless it says skip_if"))


def _retries(holder: LocatedDict) -> None:
    """Its name for a request without an answer."""
    policy: Any = holder.get("retry_policy")
    for key in ("retry_on", "stop_on") if isinstance(policy, LocatedDict) else ():
        words: Any = policy.get(key)
        if words == "RequestException":
            words = LocatedList(policy.locations[key])
            words.put(policy[key], policy.locations[key])
            policy[key] = words
        indices = reversed(range(len(words))) if isinstance(words, LocatedList) else ()
        for index in indices:
            if words[index] == "RequestException":
                words[index : index + 1] = ["network", "timeout"]
                words.locations.insert(index, words.locations[index])


def _script(step: LocatedDict, account: Account, file: Path) -> None:
    named = step.get("script_file")
    if not isinstance(named, str) or "script" in step:
        return
    at = step.locations["script_file"]
    path = (file.parent / named).resolve()
    roots = (file.parent.resolve(), Path.cwd())
    if not any(map(path.is_relative_to, roots)) or not path.is_file():
        account.not_converted(
            step.pop("script_file"), at, tr("there is no such file beside the case")
        )
        return
    try:
        text, encoding = read_text(path, named)
    except SpecError as error:
        account.not_converted(step.pop("script_file"), at, str(error))
        return
    if encoding:
        account.said(at, was_read_as(encoding))
    step["script_file"] = LocatedStr(text, at)
    rename(step, "script_file", "script")


def _checks_of_mapping(held: LocatedDict) -> LocatedList:
    made = LocatedList(held.location)
    if "type" in held:
        made.put(held, held.location)
        return made
    for key in held:
        one, at = held.only({key}), held.locations[key]
        if key.startswith("$") and not isinstance(held[key], dict | list):
            several = LocatedList(at)
            several.put(key, at)
            several.put(held[key], at)
            one = LocatedDict(at)
            put(one, "eq", several, at)
        made.put(one, at)
    return made


def _messages(checks: Any, account: Account) -> None:
    for one in checks if isinstance(checks, LocatedList) else ():
        if not isinstance(one, LocatedDict):
            continue
        if "error_message" in one and not one.get("description"):
            rename(one, "error_message", "description")
        elif "error_message" in one:
            at = one.locations["error_message"]
            reason = tr("a failure shows the description")
            account.left_out(one.pop("error_message"), at, reason)
        _messages(one.get("sub_validations"), account)


def _groups(checks: Any, account: Account) -> None:
    """A path of `and`, `or`, `not` was never read."""
    for one in checks if isinstance(checks, LocatedList) else ():
        if not isinstance(one, LocatedDict) or one.get("type") not in ("and", "or", "not"):
            continue
        if "path" in one:
            at = one.locations["path"]
            account.left_out(one.pop("path"), at, tr("only the checks inside have a path"))
        _groups(one.get("sub_validations"), account)
