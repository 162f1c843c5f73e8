"""Which YAML files are cases, and which nearly are: by their top-level keys, without parsing."""

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from .shapes import OF_OTHERS, has_steps_of_ours, in_utf_8, out_of_shape

_TOP_LEVEL_KEY: Final = re.compile(
    rb"""^(?:\xef\xbb\xbf)?["']?([\w-]+)["']?[ \t]*:(?=\s|$)[ \t]*(.*)""", re.MULTILINE
)
_REQUIRED: Final = ("name", "steps")
#: they say that it is a CI pipeline.
_EXCLUDED: Final = frozenset({"jobs", "pool", "on"})

#: the top-level key of the older engine's newer dialect that stands for `steps`.
OLDER_STEPS: Final = "teststeps"
OLDER_DIALECT: Final = (
    "is of the older engine's newer dialect ('teststeps'), which is not read, and nothing converts "
    "it yet; rename by hand: config.name to name, teststeps to steps, the keys of a step's "
    "'request' into the step itself, extract to extractors, validate to validations (comparator to "
    "type, expected to expect), {{x}} to ${x}; docs/cases.md has the table"
)

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
_SLIPS: Final = {
    key: re.compile(
        rb"""^([ \t]*)["']?%b["']?[ \t]*(?::|\xef\xbc\x9a)""" % " ?".join(key).encode(),
        re.MULTILINE,
    )
    for key in _REQUIRED
}


@dataclasses.dataclass(frozen=True, slots=True)
class NearlyACase:
    message: str
    line: int


def looks_like_a_case(text: bytes) -> bool:
    """Has both `name` and `steps` as top-level keys, and none that say it is a CI pipeline."""
    keys = {found[1].decode() for found in _TOP_LEVEL_KEY.finditer(text)}
    return keys.issuperset(_REQUIRED) and not keys & _EXCLUDED


def nearly_a_case(text: bytes) -> NearlyACase | None:
    """Of a text that does not look like a case: what keeps it from that, if hardly anything."""
    said, wrong = in_utf_8(text)
    if wrong:
        is_one = looks_like_a_case(said) or nearly_a_case(said)
        return NearlyACase(message=wrong, line=1) if is_one else None
    keys = {found[1].decode(): found for found in _TOP_LEVEL_KEY.finditer(text)}
    if keys.keys() & _EXCLUDED:
        return None
    if OLDER_STEPS in keys and "steps" not in keys:
        line = text.count(b"\n", 0, keys[OLDER_STEPS].start(1)) + 1
        return NearlyACase(message=OLDER_DIALECT, line=line)
    shape = out_of_shape(text)
    if shape:
        return NearlyACase(*shape)
    meant = dict(_meant(keys))
    if meant and _is_of_the_dialect(keys, meant):
        return _without(meant, keys, text)
    meant = _told_by_its_steps(keys, meant, text)
    return _without(meant, keys, text) if meant else None


def _without(
    meant: Mapping[str, str], keys: Mapping[str, re.Match[bytes]], text: bytes
) -> NearlyACase:
    complaints = [_missing(key, meant.get(key), text) for key in _REQUIRED if key not in keys]
    there = " and ".join(f"{key!r}" for key in _REQUIRED if key in keys)
    missing = "; ".join(complaints)
    written = next((name for key, name in meant.items() if key != name), next(iter(meant.values())))
    return NearlyACase(
        message=f"has {there} but no {missing}" if there else f"has no {missing}",
        line=text.count(b"\n", 0, keys[written].start(1)) + 1,
    )


def _told_by_its_steps(
    keys: Mapping[str, re.Match[bytes]], meant: Mapping[str, str], text: bytes
) -> dict[str, str]:
    """What is meant by its keys, where one of the two is there, and steps as only cases have."""
    if not keys.keys() & set(_REQUIRED) or keys.keys() & (OF_OTHERS | _OF_A_STEP):
        return {}
    if "steps" in keys:
        if not _is_block(keys["steps"][2]):
            return {}
        names = (one for one in _TITLES if one in keys and _is_scalar(keys[one][2]))
        found = {"steps": "steps", "name": meant.get("name") or next(names, "")}
    else:
        steps = (one for one, at in keys.items() if _is_for_steps(one) and _is_block(at[2]))
        found = {"name": "name", "steps": meant.get("steps") or next(steps, "")}
    strangers = keys.keys() - _OPTIONAL - set(found.values()) - set(_TITLES)
    if not has_steps_of_ours(text, among_other_keys=bool(strangers)):
        return {}
    return {key: name for key, name in found.items() if name}


def _is_for_steps(written: str) -> bool:
    return written not in _OPTIONAL and re.search("step|case|test", written.lower()) is not None


def _meant(keys: Mapping[str, re.Match[bytes]]) -> Iterator[tuple[str, str]]:
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
    return len(meant) == len(_REQUIRED) or bool(lowered & _COMMON) or _is_tagged(meant, lowered)


def _is_tagged(meant: Mapping[str, str], keys: set[str]) -> bool:
    """Build files have `steps` and `tags` too, but no `name`."""
    return "name" in meant and "tags" in keys


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
        return f"{key!r}; did you mean {key!r} for {written!r}?"
    slip = _slip_of(key, text)
    if slip is None:
        return f"{key!r}"
    line = text.count(b"\n", 0, slip.start(1)) + 1
    if slip[1]:
        return f"{key!r} at its top level: line {line} has it indented"
    return f"{key!r}: write '{key}: ' in line {line}"


def _slip_of(key: str, text: bytes) -> re.Match[bytes] | None:
    """A line that means the key; steps have names too, so that a name must stand before them."""
    slip = _SLIPS[key].search(text)
    steps = re.search(rb"^steps", text, re.MULTILINE)
    is_of_a_step = key == "name" and slip and steps and steps.start() < slip.start()
    return None if is_of_a_step else slip
