"""Which YAML files are no cases, but nearly: what keeps them from it."""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pytest_sisyphus.config.options import PROJECT_FILE
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.source.detection import (
    EXCLUDED,
    OLDER_DIALECT,
    OLDER_STEPS,
    REQUIRED,
    TOP_LEVEL_KEY,
    looks_like_a_case,
)
from pytest_sisyphus.source.misplaced_keys import (
    KEYS_OF_OTHER_TOOLS,
    has_dialect_steps,
    in_utf_8,
    misplaced_case,
)
from pytest_sisyphus.values.record import record

#: hardly any other kind of file has these.
_TELLING: Final = frozenset({"case_id", "case_key"})
#: other kinds of files have some of them too, but then beside keys that no case has.
_COMMON: Final = frozenset({"config", "setup", "teardown", "usefixtures"})
_OPTIONAL: Final = _TELLING | _COMMON | {"description", "enabled", "marks", "tags"}
#: what people write for `name`.
_TITLES: Final = ("title", "case", "case_name", "test", "test_name", "testcase", "summary", "id")
#: with one of these at its top level, it is a step to include.
_OF_A_STEP: Final = frozenset(
    {"concurrent_steps", "extractors", "loop_steps", "method", "request", "script", "sql", "type"}
) | {"url", "validations"}
_MISNAMED: Final = frozenset({PROJECT_FILE, PROJECT_FILE.replace(".yaml", ".yml")})
#: what people call the key for the steps.
_STEPS_LIKE: Final = re.compile("step|case|test")
_SLIPS: Final = {
    key: re.compile(
        rb"""^([ \t]*)["']?%b["']?[ \t]*(?::|\xef\xbc\x9a)""" % " ?".join(key).encode(),
        re.MULTILINE,
    )
    for key in REQUIRED
}


@record(kw_only=False)
class NearMiss:
    message: str
    line: int


def misnamed(path: Path) -> NearMiss | None:
    """What keeps a file that is no case from being project configuration, if only its name does."""
    if path.name == PROJECT_FILE or path.name.lower() not in _MISNAMED:
        return None
    message = tr(
        "project configuration is looked for as {file!r}; give it that name", file=PROJECT_FILE
    )
    return NearMiss(message=message, line=1)


def find_near_miss(text: bytes) -> NearMiss | None:
    """What keeps a text that does not look like a case from being one, if hardly anything does."""
    said, wrong = in_utf_8(text)
    if wrong:
        is_one = looks_like_a_case(said) or find_near_miss(said)
        return NearMiss(message=wrong, line=1) if is_one else None
    keys = {found[1].decode(): found for found in TOP_LEVEL_KEY.finditer(text)}
    if keys.keys() & EXCLUDED:
        return None
    if OLDER_STEPS in keys and "steps" not in keys:
        line = text.count(b"\n", 0, keys[OLDER_STEPS].start(1)) + 1
        return NearMiss(message=tr(OLDER_DIALECT), line=line)
    shape = misplaced_case(text)
    if shape:
        return NearMiss(*shape)
    meant = dict(_keys_meant(keys))
    if meant and _is_of_the_dialect(keys, meant):
        return _near_miss(meant, keys, text)
    meant = _keys_meant_by_steps(keys, meant, text)
    return _near_miss(meant, keys, text) if meant else None


def _near_miss(
    meant: Mapping[str, str], keys: Mapping[str, re.Match[bytes]], text: bytes
) -> NearMiss:
    there = next((key for key in REQUIRED if key in keys), None)
    missing = tr("; ").join(
        _missing(key, meant.get(key), text) for key in REQUIRED if key not in keys
    )
    written = next((name for key, name in meant.items() if key != name), next(iter(meant.values())))
    return NearMiss(
        message=tr("has {key!r} but no {missing}", key=there, missing=missing)
        if there
        else tr("has no {missing}", missing=missing),
        line=text.count(b"\n", 0, keys[written].start(1)) + 1,
    )


def _keys_meant_by_steps(
    keys: Mapping[str, re.Match[bytes]], meant: Mapping[str, str], text: bytes
) -> dict[str, str]:
    """What is meant by its keys, where one of the two is there, and steps as only cases have."""
    if not keys.keys() & set(REQUIRED) or keys.keys() & (KEYS_OF_OTHER_TOOLS | _OF_A_STEP):
        return {}
    if "steps" in keys:
        if not _is_block(keys["steps"][2]):
            return {}
        names = (one for one in _TITLES if one in keys and _is_scalar(keys[one][2]))
        found = {"steps": "steps", "name": meant.get("name") or next(names, "")}
    else:
        steps = (
            one
            for one, at in keys.items()
            if one not in _OPTIONAL and _STEPS_LIKE.search(one.lower()) and _is_block(at[2])
        )
        found = {"name": "name", "steps": meant.get("steps") or next(steps, "")}
    strangers = keys.keys() - _OPTIONAL - set(found.values()) - set(_TITLES)
    if not has_dialect_steps(text, among_other_keys=bool(strangers)):
        return {}
    return {key: name for key, name in found.items() if name}


def _keys_meant(keys: Mapping[str, re.Match[bytes]]) -> Iterator[tuple[str, str]]:
    """Required key -> the key that seems to stand for it."""
    for wanted, can_be in (("name", _is_scalar), ("steps", _is_block)):
        if wanted in keys:
            yield wanted, wanted
            continue
        for written, found in keys.items():
            if written not in _OPTIONAL and _is_close(written, wanted) and can_be(found[2]):
                yield wanted, written
                break


def _is_of_the_dialect(keys: Mapping[str, re.Match[bytes]], meant: Mapping[str, str]) -> bool:
    lowered = {key.lower() for key in keys.keys() - set(meant.values())}
    if lowered & _TELLING:
        return True
    if lowered - _OPTIONAL:
        return False  # keys of something else: a chart, a pipeline, a playbook
    # build files have `steps` and `tags` too, but no `name`
    is_tagged = "name" in meant and "tags" in lowered
    return len(meant) == len(REQUIRED) or bool(lowered & _COMMON) or is_tagged


def _is_close(written: str, wanted: str) -> bool:
    """Other case, a letter too many or too few, or two neighbours the other way round."""
    lowered = written.lower()
    if lowered == wanted:
        return True
    swapped = {
        wanted[:at] + wanted[at + 1] + wanted[at] + wanted[at + 2 :]
        for at in range(len(wanted) - 1)
    }
    return lowered in swapped or difflib.SequenceMatcher(None, lowered, wanted).ratio() > 0.85


def _is_scalar(value: bytes) -> bool:
    return bool(value.strip()) and value[:1] not in b"[{#"


def _is_block(value: bytes) -> bool:
    return not value.strip() or value[:1] in b"[#!&"


def _missing(key: str, written: str | None, text: bytes) -> str:
    if written:
        return tr("{key!r}; did you mean {key!r} for {written!r}?", key=key, written=written)
    slip = _SLIPS[key].search(text)
    steps = re.search(rb"^steps", text, re.MULTILINE)
    if slip is None or (key == "name" and steps and steps.start() < slip.start()):  # a step's name
        return f"{key!r}"
    line = text.count(b"\n", 0, slip.start(1)) + 1
    if slip[1]:
        return tr("{key!r} at its top level: line {line} has it indented", key=key, line=line)
    return tr("{key!r}: write '{key}: ' in line {line}", key=key, line=line)
