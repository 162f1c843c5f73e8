"""The older engine's `poll_config` of a request, as a step of type poll."""

import json
import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import put
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict

_WORDS: Final = {"condition": "until", "max_retries": "max_attempts"}
#: step types with a `poll_config`; those that send something.
_POLLED: Final = (None, "request", "poll", "wait")
_SENDING: Final = (None, "request", "poll")
#: what a polled step sends; its timeout was that of one request.
_REQUEST: Final = (
    *("method", "url", "params", "headers", "cookies", "auth", "verify_ssl", "allow_redirects"),
    *("body", "json", "form", "data", "files", "proxies", "cert", "timeout"),
)
#: what it did without these.
_DEFAULTS: Final = {"interval": 2, "timeout": 60, "max_attempts": 30}
_MILLISECONDS: Final = ("interval", "timeout")
#: (the value, what is expected) as a condition.
_OPERATORS: Final = {
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "contains": "{1} in {0}",
    "exists": "{0} != null",
}
_PATH: Final = re.compile(
    r"""\$((?:\.[^\W\d]\w*|\.[\w-]+|\[\d+\]|\['[^'\\{}]+'\]|\["[^"\\{}]+"\])*)"""
)
_PART: Final = re.compile(r"""\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]""")
_NAME: Final = re.compile(r"[^\W\d]\w*")
_TEMPLATE: Final = re.compile(r"\$\{\s*([^\W\d][\w.]*)\s*\}")


def convert_poll(step: LocatedDict, account: Account) -> None:
    """`poll_config` becomes keys of the step, whose own keys become its request."""
    polled = step.get("poll_config")
    if not isinstance(polled, LocatedDict) or step.get("type") not in _POLLED:
        return
    if step.get("type") in _SENDING and "request" not in step:
        _to_request(step, account)
    at = step.locations["poll_config"]
    del step["poll_config"]
    _take_keys(step, polled)
    if step.get("type") != "wait":
        for key, value in _DEFAULTS.items():
            if key not in step:
                put(step, key, value, at)
        _until(step, account)
        _say_of_checks(step, account)
    _on_timeout(step, account)


def _take_keys(step: LocatedDict, polled: LocatedDict) -> None:
    for key in polled:
        if key not in step:
            step.take(polled, key, new_key=_WORDS.get(key))
    for key in _MILLISECONDS:
        if isinstance(value := step.get(key), int | float) and not isinstance(value, bool):
            step[key] = _seconds(value)


def _to_request(step: LocatedDict, account: Account) -> None:
    request = LocatedDict(step.location)
    for key in _REQUEST:
        if key in step:
            request.take(step, key)
            del step[key]
    if "type" in step:
        account.used(step["type"], step.locations["type"])
    put(step, "type", "poll", step.location)
    put(step, "request", request, step.location)


def _seconds(milliseconds: float) -> float:
    seconds = milliseconds / 1000
    return int(seconds) if seconds == int(seconds) else seconds


def _until(step: LocatedDict, account: Account) -> None:
    """A condition as a mapping becomes an expression, or is told of, and the step with it."""
    condition = step.get("until")
    if not isinstance(condition, LocatedDict):
        return
    at = step.locations["until"]
    written, reason = _expression(condition)
    if not written:
        account.not_converted(condition, at, reason)
        del step["until"]
        return
    for key in ("type", "path", "operator", "expect"):
        if key in condition:
            account.used(condition[key], condition.locations[key])
    put(step, "until", written, at)


def _expression(condition: LocatedDict) -> tuple[str, str]:
    """The expression, or why there is none."""
    kind, operator = condition.get("type", "jsonpath"), condition.get("operator", "eq")
    path = str(condition.get("path", "$"))
    if kind not in ("jsonpath", "status_code"):
        return "", tr(
            "no condition of type {kind!r}: write until with an expression, such as "
            "response.body.state == 'done'",
            kind=kind,
        )
    form = _OPERATORS.get(str(operator))
    if form is None:
        known = tr(", ").join(_OPERATORS)
        return "", tr("no operator {operator!r}; known: {known}", operator=operator, known=known)
    value = "status_code" if kind == "status_code" else _value(path)
    if not value:
        return "", tr(
            "the path {path!r} may select several values; in until write one, such as "
            "response.body.items[0].state",
            path=path,
        )
    expected = _expected(condition.get("expect"))
    if not expected and operator != "exists":
        return "", tr("what is expected stands in no expression: write until by hand")
    return form.format(value, expected), ""


def _value(path: str) -> str:
    """A path of keys and numbers, as an expression; empty: it is another."""
    found = _PATH.fullmatch(path)
    if found is None:
        return ""
    made = "response.body"
    for plain, number, *quoted in _PART.findall(found[1]):
        key = plain or next(filter(None, quoted), "")
        if number:
            made += f"[{number}]"
        else:
            made += f".{key}" if _NAME.fullmatch(key) else f"[{json.dumps(key)}]"
    return made


def _expected(value: Any) -> str:
    """As an expression; empty: it stands in none."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=str)
    if found := _TEMPLATE.fullmatch(value):
        return found[1]
    return "" if re.search(r"[{}\\]", value) else json.dumps(str(value), ensure_ascii=False)


def _say_of_checks(step: LocatedDict, account: Account) -> None:
    for key in ("validations", "validate", "assertions"):
        if step.get(key):
            reason = tr(
                "the older engine asked again while these failed, too; now they are looked at once "
                "the condition holds"
            )
            account.said(step.locations[key], reason)


def _on_timeout(step: LocatedDict, account: Account) -> None:
    held = step.get("on_timeout")
    if not isinstance(held, LocatedDict):
        return
    at = step.locations["on_timeout"]
    if held.get("behavior", "fail") == "fail":
        account.left_out(held, at, tr("the step fails, and says what it waited for"))
    else:
        account.not_converted(held, at, tr("a step that waits in vain fails"))
    del step["on_timeout"]
