"""What older files and other tools say that is said otherwise here: by name, what to write."""

from collections.abc import Iterable, Mapping
from typing import Final

from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: a model's name -> a key that it does not have -> what to write. Keys of a step that stand at any
#: step are those of `StepSpec`.
_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "StepSpec": {
        "condition": marked("write only_if (or skip_if), which decides whether the step runs"),
        "poll_config": marked(
            "write a step of type poll, or a wait with a request block: until, interval, timeout "
            "or max_attempts, and backoff are keys of the step"
        ),
        "script_file": marked(
            "a script stands in the case: write 'script: |' with its lines below"
        ),
        "capture_output": marked("leave it out: what a script prints is always kept, as $.output"),
        "loop_max": marked("write max_iterations"),
    },
    "Extractor": {
        "condition": marked("write only_if at the step: an extractor always runs with its step"),
        "extract_all": marked(
            "leave it out: a path with [*] or .. extracts all its matches, several as a list"
        ),
        "on_failure": marked(
            "write 'default: VALUE' for the value when nothing matches; 'required: false' leaves "
            "the variable without one"
        ),
    },
}
#: the same of other tools' keys.
_KEYS_ELSEWHERE: Final[Mapping[str, Mapping[str, str]]] = {
    "Case": {
        **dict.fromkeys(
            ("data", "foreach", "parameters", "parametrize"),
            marked("write config.data_source: a list of rows, each of which is a test"),
        ),
        "skip": marked("write enabled: false, or marks: [{{skip: a reason}}]"),
        **dict.fromkeys(
            ("author", "level", "module", "owner", "priority"),
            marked("write tags, such as tags: [P0]"),
        ),
    },
    "RequestSpec": {
        "file": marked("write files: {{field: path}}"),
        "query": marked("write params"),
        "request": marked("write its keys, such as method and url, at the step itself"),
        **dict.fromkeys(("database", "sql"), marked("with it the step needs type: database")),
        **dict.fromkeys(
            ("poll", "polling", "wait_until"),
            marked("write type: poll, until, interval and max_attempts, and request: {{url: …}}"),
        ),
    },
    "DatabaseSpec": {"query": marked("write sql")},
    "StepSpec": {
        "loop": marked("write a step of type loop: loop_type, loop_count and loop_steps"),
        **dict.fromkeys(
            ("for_each", "foreach"),
            marked("write a step of type loop: loop_type: foreach, loop_items and loop_steps"),
        ),
        **dict.fromkeys(
            ("parameters", "parametrize"),
            marked("rows are the case's, in config.data_source; a URL's values are params"),
        ),
        "skip": marked("write skip_if: true, or a condition"),
        **dict.fromkeys(
            ("author", "level", "module", "owner", "priority"),
            marked("write tags at the top level of the case, such as tags: [P0]"),
        ),
        "sleep": marked("write a step of its own, with type: wait and seconds"),
        **dict.fromkeys(
            ("capture", "captures", "export", "register", "save", "store"),
            marked("write extractors: {{name: path}}, such as {{id: $.data.id}}"),
        ),
        **dict.fromkeys(
            ("asserts", "assertions", "checks", "expect", "expected"),
            marked("write validations: [{{eq: [path, value]}}], such as eq: [$.code, 0]"),
        ),
    },
    "LoopSpec": {
        **dict.fromkeys(
            ("count", "repeat", "times"), marked("write loop_type: for and loop_count")
        ),
        **dict.fromkeys(
            ("for_each", "foreach", "items"), marked("write loop_type: foreach and loop_items")
        ),
        "steps": marked("write loop_steps"),
    },
    "PollSpec": {"times": marked("write max_attempts")},
    "DatabaseSettings": {
        **dict.fromkeys(("pass", "passwd", "pwd"), marked("write password")),
        **dict.fromkeys(("db", "dbname"), marked("write database")),
    },
    "ProjectConfig": {
        **dict.fromkeys(("env", "environment", "profile"), marked("write active_profile")),
        **dict.fromkeys(("domain", "host", "server", "url"), marked("write base_url")),
    },
}
_STEP_TYPES_ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("delay", "pause", "sleep"), "wait"),
    **dict.fromkeys(("db", "mysql", "postgresql", "sql", "sqlite"), "database"),
    **dict.fromkeys(("get", "graphql", "mock", "post", "rest", "upload"), "request"),
}
_FUNCTIONS: Final[Mapping[str, str]] = {
    "now_us": marked("write date('%Y%m%d%H%M%S%f'), a text, or timestamp_us(), a number"),
    "uuid_str": marked("write uuid4(), with dashes, or uuid(), without"),
    "strftime": marked("write date('%Y-%m-%d'), or now().strftime('%Y-%m-%d')"),
}
#: Python's, which are filters here.
_FILTERS: Final[Mapping[str, str]] = {
    "len": "length",
    "str": "string",
    **{name: name for name in ("float", "int", "lower", "round", "upper")},
}
_OWN_FUNCTION: Final = marked(
    "a function of your own comes from the hook pytest_sisyphus_functions in a conftest.py "
    "(docs/en/extending.md)"
)
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
_IN_PATH: Final = lazy_pattern(rf"(?<![\w'\"])({'|'.join(_IN_PATHS)})\(")
_PATTERN: Final = lazy_pattern(r"\.[*+]|\\[dswDSW]|\[\^|\(.*\)")
_BODY: Final = lazy_pattern(r"\A(?:content|json|body)\.")
_DEFAULT: Final = lazy_pattern(r"\$\{\s*([^\W\d][\w.]*)\s*:-?\s*([^{}'\"|]*?)\s*\}")
_BODY_PATH: Final = lazy_pattern(r"\$\.([^\W\d]\w*)")
_PLAIN: Final = lazy_pattern(r"-?\d+(\.\d+)?|true|false|null")


def are_of_older_files(messages: Iterable[str]) -> bool:
    """Whether one of these has the hint for a key or a function of theirs."""
    hints = [tr(hint) for named in (*_KEYS.values(), _FUNCTIONS) for hint in named.values()]
    return any(hint in message for message in messages for hint in hints)


def key_hint(model: type, key: object) -> str:
    """`; …`, or nothing."""
    for one in model.__mro__:
        for hints in (_KEYS, _KEYS_ELSEWHERE):
            if (hint := hints.get(one.__name__, {}).get(str(key))) is not None:
                return tr("; {hint}", hint=tr(hint))
    return ""


def step_type_hint(name: str) -> str:
    """What to write in place of an unknown step type: `; …`, or nothing."""
    meant = _STEP_TYPES_ELSEWHERE.get(name.lower())
    return tr("; write {form}", form=f"type: {meant}") if meant else ""


def function_hint(name: str, known: Iterable[str]) -> str:
    """What to write in place of an unknown function, or where those of one's own come from."""
    if name in _FUNCTIONS:
        return tr("; {hint}", hint=tr(_FUNCTIONS[name]))
    if name in _FILTERS:
        return tr("; write {form}", form=f"${{found | {_FILTERS[name]}}}")
    return near(name, known) or tr("; {hint}", hint=tr(_OWN_FUNCTION))


def path_hint(path: str) -> str:
    """What to write in place of a JSONPath that cannot be read: `; …`, or nothing."""
    found = _IN_PATH.search(path)
    if found is None:
        return ""
    return tr(
        "; paths only select: extract what {function}() is asked of as a variable, say 'found', "
        "and write {template}",
        function=found[1],
        template=_IN_PATHS[found[1]],
    )


def pattern_hint(path: str) -> str:
    """The same of what is a regular expression: `; …`, or nothing."""
    if path.startswith("$") or not _PATTERN.search(path):
        return ""
    written = path.replace("'", "''")
    return tr(
        "; a regular expression is written {form}", form=f"{{type: regex, path: '{written}'}}"
    )


def as_path(path: str) -> str:
    """Other tools' `content.data.id` as a path here."""
    return _BODY.sub("$.", path)


def template_hint(text: str) -> str:
    """What to write in place of a template or condition that cannot be read: `; …`, or nothing."""
    written = with_default_filter(text)
    if written is not None:
        return tr("; for a default write {template}", template=written)
    if path := _BODY_PATH.search(text):
        return tr("; no path stands in an expression: write response.body.{name}", name=path[1])
    return ""


def with_default_filter(text: str) -> str | None:
    """The first `${name:default}` in the text as this dialect writes it; None: there is none."""
    found = _DEFAULT.search(text)
    if found is None:
        return None
    value = found[2] if _PLAIN.fullmatch(found[2]) else f"'{found[2]}'"
    return f"${{{found[1]} | default({value})}}"
