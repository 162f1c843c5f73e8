"""The older engine's first dialect, whose files have `name` and `steps`, as this one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import put, rename, unique_step_names, with_texts
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr
from pytest_sisyphus.spec.compat import with_default_filter
from pytest_sisyphus.spec.config import ProjectConfig

_FUNCTIONS: Final = {"now_us": "timestamp_us", "uuid_str": "uuid4", "strftime": "date"}
_CALL: Final = re.compile(rf"(?<![\w.])({'|'.join(_FUNCTIONS)})\(")
_TEMPLATE: Final = re.compile(r"\$\{[^{}]*\}")
_STEPS: Final = ("setup", "steps", "teardown", "loop_steps", "concurrent_steps")
_POLL_WORDS: Final = {"condition": "until", "max_retries": "max_attempts"}
_CHECKS: Final = ("validations", "validate", "assertions")


def convert(case: LocatedDict, account: Account, file: Path) -> None:
    """Changes the case in place; what the dialect still refuses is for others to drop."""
    account.used(case, case.location)
    with_texts(case, _template, but=frozenset({"script"}))
    config = case.get("config")
    if isinstance(config, LocatedDict):
        for key in ProjectConfig.deprecated:
            if key in config:
                reason = "the command line and the platform's events do this now"
                account.left_out(config.pop(key), config.locations[key], reason)
    for step in _steps(case):
        _step(step, account, file)
    for name in _STEPS:
        unique_step_names(case.get(name), account)


def _template(text: str) -> str:
    def inside(found: re.Match[str]) -> str:
        if (written := with_default_filter(found[0])) is not None:
            return written
        return _CALL.sub(lambda call: f"{_FUNCTIONS[call[1]]}(", found[0])

    return _TEMPLATE.sub(inside, text)


def _steps(holder: LocatedDict) -> Iterator[LocatedDict]:
    """All steps, of either spelling, those inside of steps too."""
    for name in _STEPS:
        held = holder.get(name)
        for one in held if isinstance(held, LocatedList) else [held]:
            if not isinstance(one, LocatedDict):
                continue
            inner = next(iter(one.values()), None)
            step = inner if len(one) == 1 and isinstance(inner, LocatedDict) else one
            yield step
            yield from _steps(step)


def _step(step: LocatedDict, account: Account, file: Path) -> None:
    for old, new in (("condition", "only_if"), ("loop_max", "max_iterations")):
        if old in step and new not in step and step.get("type") not in ("wait", "poll"):
            rename(step, old, new)
    _switches(step, account)
    _poll(step)
    _script(step, account, file)
    for name in _CHECKS:
        if isinstance(held := step.get(name), LocatedDict):
            at = step.locations[name]
            step[name] = _checks_of_mapping(held)
            account.said(at, "the older engine dropped this mapping; now its checks count")
    for extractor in step.get("extractors") or ():
        if isinstance(extractor, LocatedDict):
            _extractor(extractor, account)


def _switches(step: LocatedDict, account: Account) -> None:
    if "capture_output" in step:
        at = step.locations["capture_output"]
        account.left_out(step.pop("capture_output"), at, "output is always kept, as $.output")
    if "enabled" in step:
        at = step.locations["enabled"]
        if (enabled := step.pop("enabled")) is False:
            put(step, "skip_if", True, at)
            account.said(at, "the older engine ran this step; now it is skipped, as it says")
        else:
            account.left_out(enabled, at, "a step runs unless it says skip_if")


def _poll(step: LocatedDict) -> None:
    """`poll_config` becomes keys of the step, whose own keys become its request."""
    polled = step.get("poll_config")
    if not isinstance(polled, LocatedDict):
        return
    if step.get("type") not in ("poll", "wait") and "request" not in step:
        request = LocatedDict(step.location)
        for key in ("method", "url", "params", "headers", "body", "json", "cookies", "auth"):
            if key in step:
                request.take(step, key)
                del step[key]
        put(step, "type", "poll", step.location)
        put(step, "request", request, step.location)
    del step["poll_config"]
    for key in polled:
        if key not in step:
            step.take(polled, key, new_key=_POLL_WORDS.get(key))


def _script(step: LocatedDict, account: Account, file: Path) -> None:
    named = step.get("script_file")
    if not isinstance(named, str) or "script" in step:
        return
    at = step.locations["script_file"]
    path = (file.parent / named).resolve()
    if not path.is_relative_to(file.parent.resolve()) or not path.is_file():
        account.not_converted(step.pop("script_file"), at, "there is no such file beside the case")
        return
    step["script_file"] = LocatedStr(path.read_text("utf-8"), at)
    rename(step, "script_file", "script")


def _checks_of_mapping(held: LocatedDict) -> LocatedList:
    made = LocatedList(held.location)
    if "type" in held:
        made.put(held, held.location)
        return made
    for key in held:
        made.put(held.only({key}), held.key_locations[key])
    return made


def _extractor(extractor: LocatedDict, account: Account) -> None:
    if "extract_all" in extractor:
        at = extractor.locations["extract_all"]
        path: Any = extractor.get("path") or extractor.get("expression") or ""
        everything = extractor.pop("extract_all")
        if everything is not True or "[*]" in str(path) or ".." in str(path):
            account.left_out(everything, at, "a path with [*] or .. gives all matches")
        else:
            account.not_converted(everything, at, "write a path with [*], which gives all matches")
    if extractor.get("on_failure") in ("ignore", "continue", "skip", "warn"):
        at = extractor.locations["on_failure"]
        del extractor["on_failure"]
        put(extractor, "required", False, at)
