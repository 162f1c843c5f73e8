"""The older engine's `poll_config` of a request, as a step of type poll."""

import json
import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import put
from pytest_sisyphus.extract.select import RESPONSE_NAMES
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, Location

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
_MOST: Final = 1e15
#: in until, these are the answer's, whatever a variable is called.
_OF_ANSWER: Final = frozenset((*RESPONSE_NAMES, "url", "body_note", "response"))
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
#: with `expect: false`.
_EXISTS_NOT: Final = "({0} | default(null)) == null"
_PATH: Final = re.compile(r"""\$((?:\.[\w-]+|\[\d+\]|\['[^'\\{}]+'\]|\["[^"\\{}]+"\])*)""")
_PART: Final = re.compile(r"""\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]""")
_NAME: Final = re.compile(r"[^\W\d]\w*")
_TEMPLATE: Final = re.compile(r"\$\{\s*([^\W\d][\w.]*)\s*\}")
_ANY_TEMPLATE: Final = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE: Final = re.compile(r"(?<![\w.])[^\W\d]\w*")
_NUMBER: Final = re.compile(r"\s*\d+(?:\.\d+)?\s*", re.ASCII)


def convert_poll(step: LocatedDict, account: Account) -> None:
    """`poll_config` becomes keys of the step, whose own keys become its request."""
    polled = step.get("poll_config")
    if not isinstance(polled, LocatedDict) or step.get("type") not in _POLLED:
        return
    if step.get("type") in _SENDING and "request" not in step:
        _to_request(step, account)
    at = step.locations["poll_config"]
    del step["poll_config"]
    _take_keys(step, polled, account)
    if step.get("type") != "wait":
        for key, value in _DEFAULTS.items():
            if key not in step:
                put(step, key, value, at)
        _until(step, account)
        _say_of_checks(step, account)
    _on_timeout(step, account)


def _take_keys(step: LocatedDict, polled: LocatedDict, account: Account) -> None:
    words = {} if step.get("type") == "wait" else _WORDS
    for key, value in polled.items():
        at, name = polled.locations[key], words.get(key, key)
        if name in step:
            reason = tr("the step has its own {key}, which stays", key=name)
            account.not_converted(value, at, reason)
        elif key in _MILLISECONDS:
            _take_milliseconds(step, key, value, at, account)
        else:
            step.take(polled, key, new_key=name)


def _take_milliseconds(
    step: LocatedDict, key: str, value: Any, at: Location, account: Account
) -> None:
    seconds = _seconds(value)
    if seconds is None:
        reason = tr(
            "these were milliseconds: write {key} with a number of seconds, such as 0.5, or with "
            "one template, such as ${{ms | float / 1000}}",
            key=key,
        )
        account.not_converted(value, at, reason)
    else:
        put(step, key, seconds, at)


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


def _seconds(milliseconds: Any) -> float | str | None:
    """None: it is no time."""
    if isinstance(milliseconds, str):
        if found := _ANY_TEMPLATE.fullmatch(milliseconds.strip()):
            made = found[1].strip()
            name = made if _NAME.fullmatch(made) else f"({made})"
            return f"${{{name} | float / 1000}}"
        if not _NUMBER.fullmatch(milliseconds):
            return None
        milliseconds = float(milliseconds)
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    if not abs(milliseconds) <= _MOST:
        return None
    seconds = milliseconds / 1000
    return int(seconds) if seconds.is_integer() else seconds


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
    expect = condition.get("expect")
    is_absent = operator == "exists" and str(expect).lower() == "false"
    form = _EXISTS_NOT if is_absent else _OPERATORS.get(str(operator))
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
    if names := _names_of_answer(expect):
        return "", tr(
            "in until, {names} is the answer's: give the variable another name and write until "
            "with that",
            names=tr(", ").join(names),
        )
    expected = _expected(expect, operator)
    if not expected:
        return "", tr("what is expected stands in no expression: write until by hand")
    return form.format(value, expected), ""


def _names_of_answer(expect: Any) -> list[str]:
    """Variables that it names, and that until cannot read."""
    text = json.dumps(expect, ensure_ascii=False, default=str)
    named = [one for made in _ANY_TEMPLATE.findall(text) for one in _VARIABLE.findall(made)]
    return [one for one in dict.fromkeys(named) if one in _OF_ANSWER]


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


def _expected(value: Any, operator: Any) -> str:
    """As an expression; empty: it stands in none."""
    if operator == "exists":
        return "true" if str(value).lower() in ("true", "false", "none") else ""
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
