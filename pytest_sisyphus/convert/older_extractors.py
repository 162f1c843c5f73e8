"""Extractors of the older engine's first dialect, which took one match of several."""

import re
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Include
from pytest_sisyphus.convert.editing import put, rename
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList

#: in a path that may match several values.
SEVERAL: Final = re.compile(r"\[\*\]|\.\.|\.\*|\?\(|\[[^\[\]'\"]*[:,]")
#: the answer around the body, which here is where a path begins.
_BODY: Final = re.compile(r"""\$(?:\.body|\[\s*(?:'body'|"body")\s*\])(?=\s*$|[.\[])""")


def convert_extractors(held: Any, account: Account) -> None:
    """Changes them in place: a list, one, or a mapping of names to paths."""
    if isinstance(held, LocatedList):
        for one in held:
            if isinstance(one, LocatedDict):
                _convert(one, account)
    elif isinstance(held, LocatedDict) and {"name", "type"} & held.keys():
        _convert(held, account)
    elif isinstance(held, LocatedDict):
        for name in held:
            _convert_named(held, name, account)


def _convert_named(held: LocatedDict, name: str, account: Account) -> None:
    extractor, at = held[name], held.locations[name]
    if isinstance(extractor, LocatedDict):
        _convert(extractor, account)
    elif isinstance(extractor, str):
        made = LocatedDict(at)
        put(made, "path", extractor, at)
        _convert(made, account)
        held[name] = made["path"] if len(made) == 1 else made


def _convert(extractor: LocatedDict, account: Account) -> None:
    kind = extractor.get("type", "jsonpath")
    if kind == "jsonpath":
        _one_of_several(extractor)
    if "extract_all" in extractor:
        _all_matches(extractor, account)
    if extractor.get("on_failure") in ("ignore", "continue", "skip", "warn"):
        at = extractor.locations["on_failure"]
        del extractor["on_failure"]
        put(extractor, "required", False, at)
    if kind == "regex":
        _group(extractor, account)


def _all_matches(extractor: LocatedDict, account: Account) -> None:
    at = extractor.locations["extract_all"]
    everything = extractor.pop("extract_all")
    path: Any = extractor.get("path") or extractor.get("expression") or ""
    if everything in (None, False):
        account.left_out(everything, at, tr("one match is taken without it"))
    elif everything is True and ("[*]" in str(path) or ".." in str(path)):
        reason = tr(
            "a path with [*] or .. gives all matches; one alone is itself, not a list of one"
        )
        account.left_out(everything, at, reason)
    else:
        account.not_converted(everything, at, tr("write a path with [*], which gives all matches"))


def _one_of_several(extractor: LocatedDict) -> None:
    """The first match, unless all were asked for, or another by its index."""
    key = next((one for one in ("path", "expression") if one in extractor), "")
    path = extractor.get(key)
    if not isinstance(path, str) or isinstance(path, Include):
        return
    extractor[key] = path = _BODY.sub("$", path, count=1) if _BODY.match(path) else path
    is_all = extractor.get("extract_all") not in (None, False)
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
