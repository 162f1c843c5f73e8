"""What the reference says of the dialect: its keys, and what is found by name."""

import inspect
import re

import reference_texts as texts
import yaml
from reference_kit import code, said, table

from pytest_sisyphus import builtin
from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.convert.older_engine import hooks_of
from pytest_sisyphus.extensions.loader import load_extensions
from pytest_sisyphus.spec.json_schema import dialect_schema, in_chinese
from pytest_sisyphus.spec.schema_examples import FORM_EXAMPLES, as_yaml, examples_of
from pytest_sisyphus.template.filters import FILTERS

EXTENSIONS = load_extensions(hooks_of([builtin]), SystemClock(), {})


#: heading and models, in the order of the page; a step's own keys are those that not every step has.
MODELS = {
    "Case": ("The case", "用例"),
    "Config": ("`config`, and a `sisyphus.yaml`", "`config` 与 `sisyphus.yaml`"),
    "Profile": ("A profile", "环境（profile）"),
    "EnvVars": ("`env_vars`", "`env_vars`"),
    "DataSource": ("`data_source`", "`data_source`"),
    "DatabaseSettings": ("A database", "数据库连接"),
    "StepSpec": ("Every step", "所有步骤"),
    "RequestSpec": ("`request` steps", "`request` 步骤"),
    "Auth": ("`auth`", "`auth`"),
    "FilePart": ("A file to upload", "上传的文件"),
    "TimeLimit": ("`timeout`", "`timeout`"),
    "RetryPolicy": ("`retry_policy`", "`retry_policy`"),
    "Check": ("A check", "校验"),
    "Extractor": ("An extractor", "提取"),
    "DatabaseSpec": ("`database` steps", "`database` 步骤"),
    "ScriptSpec": ("`script` steps", "`script` 步骤"),
    "WaitSpec": ("`wait` steps", "`wait` 步骤"),
    "WaitCondition": ("`wait_condition`", "`wait_condition`"),
    "PollSpec": ("`poll` steps", "`poll` 步骤"),
    "LoopSpec": ("`loop` steps", "`loop` 步骤"),
    "ConcurrentSpec": ("`concurrent` steps", "`concurrent` 步骤"),
    "CaseSpec": ("`case` steps", "`case` 步骤"),
    "Mock": ("`mock`", "`mock`"),
    "MockRule": ("A rule of a mock", "mock 的规则"),
    "MockRequest": ("A rule's `request`", "规则的 `request`"),
    "MockResponse": ("A rule's `response`", "规则的 `response`"),
    "Performance": ("`performance`", "`performance`"),
    "Benchmarks": ("`benchmarks`", "`benchmarks`"),
}
KINDS = {
    "string": ("text", "文本"),
    "integer": ("whole number", "整数"),
    "number": ("number", "数字"),
    "boolean": ("`true`, `false`", "`true`、`false`"),
    "array": ("list", "列表"),
    "object": ("mapping", "映射"),
}


def schema(language):
    made = dialect_schema(EXTENSIONS.steps, EXTENSIONS.checks, EXTENSIONS.extractors)
    return made if language == "en" else in_chinese(made)


def keys(language):
    """Each key of the dialect: what it takes, its default, its other spellings, what it does."""
    plain, shown = schema("en")["$defs"], schema(language)["$defs"]
    missing = {name for name, model in plain.items() if list(properties(model))} - MODELS.keys()
    assert not missing - {"Step"}, f"MODELS names no heading for {missing}"
    common = {key for key, _ in properties(plain["StepSpec"])}
    zh = language == "zh"
    heads = ["key", "takes", "default", "meaning", "example"]
    heads = ["键", "值", "默认", "含义", "例子"] if zh else heads
    made = []
    for name, headings in MODELS.items():
        if not (found := dict(properties(plain[name]))):
            continue
        others = aliases(found)
        leave_out = common if name.endswith("Spec") and name != "StepSpec" else set()
        described, examples = dict(properties(shown[name])), examples_of(name)
        rows = [
            [
                code(key, *others.get(key, ())),
                takes(value, zh),
                default(value),
                described[key].get("description", ""),
                example(examples.get(key, "")),
            ]
            for key, value in found.items()
            if key not in leave_out and not alias_of(value)
        ]
        made.append(f"\n## {headings[zh]}\n{table(heads, rows).rstrip()}\n")
    return "".join(made) + "\n"


def example(text):
    """In one line."""
    shown = as_yaml(text)
    if "\n" in shown:
        value = yaml.safe_load(f"key:{shown}" if shown[0] == "\n" else f"key: {shown}")["key"]
        shown = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000).strip()
    return f"`{shown}`" if shown else ""


def properties(model):
    """The keys of a model, also of one that is written in several forms."""
    yield from model.get("properties", {}).items()
    for form in (*model.get("anyOf", ()), *model.get("oneOf", ())):
        if form.get("additionalProperties") is not None and "maxProperties" not in form:
            yield from form.get("properties", {}).items()


def alias_of(value):
    found = re.fullmatch(r"another word for (\w+)", value.get("description", ""))
    return found and found[1]


def aliases(found):
    others = {}
    for key, value in found.items():
        if origin := alias_of(value):
            others.setdefault(origin, []).append(key)
    return others


def takes(value, zh):
    kinds = dict.fromkeys(kinds_of(value, zh))
    return (" / " if zh else " or ").join(kinds) or ("任意值" if zh else "any value")


def kinds_of(value, zh):
    """What a value may be, in words; templates may stand anywhere and are left out."""
    while "else" in value:  # of what may be included, or be null
        value = value["else"]
    name = value.get("$ref", "").rpartition("/")[2]
    if name in {"Steps", "Step"}:
        yield "步骤" if zh else "steps"
    elif name in MODELS:
        yield MODELS[name][zh].split(",")[0].split(" 与")[0]
    elif "enum" in value:
        yield from enumerated(value["enum"], zh)
    elif "pattern" not in value:
        for form in (*value.get("anyOf", ()), *value.get("oneOf", ())):
            yield from kinds_of(form, zh)
        kinds = value.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else kinds
        yield from (KINDS[kind][zh] for kind in kinds if kind != "null")


def enumerated(values, zh):
    words = [one for one in values if isinstance(one, str)]
    if words:
        yield code(*words) if len(words) < 12 else KINDS["string"][zh]


def default(value):
    given = value.get("default")
    if given is None or given in ("", [], {}):
        return ""
    return f"`{str(given).lower() if isinstance(given, bool) else given}`"


def named(language, registry):
    zh = language == "zh"
    heads = ["名称", "其他写法", "含义"] if zh else ["name", "also", "meaning"]
    rows = [
        [code(one.name), code(*one.aliases), said(one.description, language)] for one in registry
    ]
    return table(heads, rows)


def checks(language):
    found = schema("en")["$defs"]["Check"]["anyOf"][1]["properties"]
    shown = schema(language)["$defs"]["Check"]["anyOf"][1]["properties"]
    others = {}
    for name, value in found.items():
        if origin := re.fullmatch(r"another word for (.+)", value.get("description", "")):
            others.setdefault(origin[1], []).append(name)
    zh = language == "zh"
    heads = ["name", "also", "holds when", "example"]
    heads = ["名称", "其他写法", "成立的条件", "例子"] if zh else heads
    examples = {check.name: check.example for check in EXTENSIONS.checks} | FORM_EXAMPLES
    rows = [
        [
            code(name),
            code(*others.get(name, ())),
            shown[name]["description"],
            example(examples[name]),
        ]
        for name, value in found.items()
        if not value.get("description", "").startswith("another word for")
    ]
    return table(heads, rows)


def functions(language):
    context_functions = [
        [f"`{one.name}{signature(one.call)}`", code(*one.aliases), said(one.description, language)]
        for one in EXTENSIONS.functions
    ]
    heads = {"en": ["function", "also", "gives"], "zh": ["函数", "其他写法", "结果"]}[language]
    return table(heads, context_functions)


def signature(call):
    parts = []
    for parameter in inspect.signature(call).parameters.values():
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        given = parameter.default
        plain = given is not parameter.empty and isinstance(given, str | int | float)
        optional = given is not parameter.empty and not plain
        parts.append(star + parameter.name + (f"={given!r}" if plain else "…" if optional else ""))
    return f"({', '.join(parts)})"


def filters(language):
    zh = language == "zh"
    assert texts.FILTERS.keys() == FILTERS.keys(), texts.FILTERS.keys() ^ FILTERS.keys()
    heads = ["过滤器", "结果"] if zh else ["filter", "gives"]
    return table(heads, [[code(name), texts.FILTERS[name][zh]] for name in sorted(FILTERS)])


def auth_types(language):
    zh = language == "zh"
    heads = ["type", "键", "含义"] if zh else ["type", "keys", "meaning"]
    rows = [
        [code(one.name), code(*one.keys), said(one.description, language)]
        for one in builtin.AUTH_TYPES
    ]
    return table(heads, rows)
