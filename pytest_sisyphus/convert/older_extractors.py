"""Extractors of the older engine's first dialect, which took one match of several."""

import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account
from pytest_sisyphus.convert.editing import put, rename
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict

#: in a path that may match several values.
SEVERAL: Final = re.compile(r"\[\*\]|\.\.|\.\*|\?\(|\[[^\[\]'\"]*[:,]")
#: the answer around the body, which here is where a path begins.
_OF_ANSWER: Final = "$.body."


def convert_extractor(extractor: LocatedDict, account: Account) -> None:
    """Changes it in place."""
    is_all = extractor.get("extract_all") is True
    if "extract_all" in extractor:
        _all_matches(extractor, account)
    if extractor.get("on_failure") in ("ignore", "continue", "skip", "warn"):
        at = extractor.locations["on_failure"]
        del extractor["on_failure"]
        put(extractor, "required", False, at)
    kind = extractor.get("type", "jsonpath")
    if kind == "regex":
        _group(extractor, account)
    elif kind == "jsonpath":
        _one_of_several(extractor, is_all=is_all)


def _all_matches(extractor: LocatedDict, account: Account) -> None:
    at = extractor.locations["extract_all"]
    path: Any = extractor.get("path") or extractor.get("expression") or ""
    everything = extractor.pop("extract_all")
    if everything is not True or "[*]" in str(path) or ".." in str(path):
        reason = tr(
            "a path with [*] or .. gives all matches; one alone is itself, not a list of one"
        )
        account.left_out(everything, at, reason)
    else:
        account.not_converted(everything, at, tr("write a path with [*], which gives all matches"))


def _one_of_several(extractor: LocatedDict, *, is_all: bool) -> None:
    """The first match, unless all were asked for, or another by its index."""
    key = next((one for one in ("path", "expression") if one in extractor), "")
    path = extractor.get(key)
    if not isinstance(path, str):
        return
    if path.startswith(_OF_ANSWER):
        extractor[key] = path = f"$.{path.removeprefix(_OF_ANSWER)}"
    if SEVERAL.search(path) and not is_all and "index" not in extractor:
        put(extractor, "index", 0, extractor.locations[key])


def _group(extractor: LocatedDict, account: Account) -> None:
    """Its index was that of a group; without one it took the whole match."""
    if "index" in extractor and "group" in extractor:
        at = extractor.locations["index"]
        account.left_out(extractor.pop("index"), at, tr("group says the same"))
    elif "index" in extractor:
        rename(extractor, "index", "group")
    if "group" in extractor:
        return
    key = next((one for one in ("pattern", "path", "expression") if one in extractor), "")
    try:
        groups = re.compile(str(extractor.get(key))).groups
    except (re.error, RecursionError, OverflowError):  # it is refused
        return
    if groups:
        put(extractor, "group", 0, extractor.locations[key])
