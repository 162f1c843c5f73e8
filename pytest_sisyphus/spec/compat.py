"""What older files say that is said otherwise now: by name, what to write."""

import re
from collections.abc import Mapping
from typing import Final

#: a model's name -> a key that it does not have -> what to write. Keys of a step that stand at any
#: step are those of `StepSpec`.
_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "StepSpec": {
        "condition": "write only_if (or skip_if), which decides whether the step runs",
        "poll_config": (
            "write a step of type poll, or a wait with a request block: until, interval, timeout "
            "or max_attempts, and backoff are keys of the step"
        ),
        "script_file": "a script stands in the case: write 'script: |' with its lines below",
        "capture_output": "leave it out: what a script prints is always kept, as $.output",
        "loop_max": "write max_iterations",
    },
    "Extractor": {
        "condition": "write only_if at the step: an extractor always runs with its step",
        "extract_all": ("leave it out: a path with [*] or .. extracts the list of all its matches"),
        "on_failure": (
            "write 'default: VALUE' for the value when nothing matches; 'required: false' leaves "
            "the variable without one"
        ),
    },
}
_FUNCTIONS: Final[Mapping[str, str]] = {
    "now_us": "write timestamp_us()",
    "uuid_str": "write uuid4(), with dashes, or uuid(), without",
    "strftime": "write date('%Y-%m-%d'), or now().strftime('%Y-%m-%d')",
}
#: of paths -> the template that computes it of the list (of the mapping) in the variable `found`.
_IN_PATHS: Final[Mapping[str, str]] = {
    "sum": "${found | sum}",
    "avg": "${(found | sum) / (found | length)}",
    "min": "${found | min}",
    "max": "${found | max}",
    "sort": "${found | sort}",
    "unique": "${found | unique}",
    "keys": "${found | list}",
    "join": "${found | join(',')}",
}
_IN_PATH: Final = re.compile(rf"(?<![\w'\"])({'|'.join(_IN_PATHS)})\(")
_DEFAULT: Final = re.compile(r"\$\{\s*([^\W\d][\w.]*)\s*:-?\s*([^{}'\"|]*?)\s*\}")
_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?|true|false|null")


def key_hint(model: type, key: object) -> str:
    """`; …`, or nothing."""
    for one in model.__mro__:
        if (hint := _KEYS.get(one.__name__, {}).get(str(key))) is not None:
            return f"; {hint}"
    return ""


def function_hint(name: str) -> str:
    """Of a function that there is none of; `; …`, or nothing."""
    return f"; {_FUNCTIONS[name]}" if name in _FUNCTIONS else ""


def path_hint(path: str) -> str:
    """Of a JSONPath that cannot be read; `; …`, or nothing."""
    found = _IN_PATH.search(path)
    if found is None:
        return ""
    return (
        f"; paths only select: extract what {found[1]}() is asked of as a variable, say 'found', "
        f"and write {_IN_PATHS[found[1]]}"
    )


def template_hint(text: str) -> str:
    """Of a template that cannot be read; `; …`, or nothing."""
    written = with_default_filter(text)
    return "" if written is None else f"; for a default write {written}"


def with_default_filter(text: str) -> str | None:
    """The first `${name:default}` in the text as this dialect writes it; None: there is none."""
    found = _DEFAULT.search(text)
    if found is None:
        return None
    value = found[2] if _PLAIN.fullmatch(found[2]) else f"'{found[2]}'"
    return f"${{{found[1]} | default({value})}}"
