"""Whether a step runs, as the older engine's first dialect says it: its words are texts."""

import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import put
from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.template.condition import Condition

_KEYS: Final = ("only_if", "skip_if")
#: words that are no text on either side of `==`.
_LITERALS: Final = frozenset(("true", "false", "null", "none"))
#: `${x} == word`, and what may stand behind it.
_WORD: Final = re.compile(
    r"""(\$\{[^{}]*\}['"]?\s+(?:==|!=)\s+)([^\W\d][\w-]*)(?=\s*(?:$|\)|&&|\|\||\band\b|\bor\b))"""
)
#: texts and templates.
_CLOSED: Final = re.compile(r"""\$\{[^{}]*\}|'[^']*'|"[^"]*\"""")
#: stands for each template.
_VALUE: Final = "value_of_template"


def convert_conditions(step: LocatedDict, account: Account) -> None:
    """Changes it in place."""
    for key in _KEYS:
        if key not in step:
            continue
        at = step.locations[key]
        if isinstance(step[key], LocatedDict | LocatedList) and (joined := _joined(step[key])):
            account.used(step[key], at)
            put(step, key, joined, at)
        elif isinstance(step[key], str) and (written := _with_texts(step[key])) != step[key]:
            put(step, key, written, at)
        if names := _names(step[key]):
            reason = tr(
                "the older engine read {names} as text; now it names a variable: put quotes "
                "around a text",
                names=tr(", ").join(names),
            )
            account.said(at, reason)


def _joined(value: Any) -> str:
    """`{and: […]}` and the like as one expression; empty: it is something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _with_texts(value)
    if isinstance(value, LocatedList):
        return _all_of(value, "and")
    if not isinstance(value, LocatedDict) or len(value) != 1:
        return ""
    ((word, held),) = value.items()
    inner = held if isinstance(held, LocatedList) else [held]
    if word == "not":
        negated = _joined(inner[0]) if len(inner) == 1 else ""
        return f"not ({negated})" if negated else ""
    return _all_of(inner, word) if word in ("and", "or") else ""


def _all_of(several: list[Any], word: str) -> str:
    made = [_joined(one) for one in several]
    return f" {word} ".join(f"({one})" for one in made) if all(made) else ""


def _with_texts(condition: str) -> str:
    def quoted(found: re.Match[str]) -> str:
        word = found[2]
        return found[0] if word.lower() in _LITERALS else f"{found[1]}'{word}'"

    return _WORD.sub(quoted, condition)


def _names(condition: Any) -> list[str]:
    """Variables that are named outside of templates."""
    if not isinstance(condition, str):
        return []
    bare = _CLOSED.sub(lambda it: f"({_VALUE})" if it[0][0] == "$" else "''", condition)
    try:
        return sorted(Condition(bare).names - {_VALUE}, key=bare.index)
    except TemplateError:  # it is refused
        return []
