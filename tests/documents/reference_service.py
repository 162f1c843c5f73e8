"""What the reference says of the service."""

import inspect

import reference_texts as texts
from reference_kit import code, said, table
from state_machine import drawing

from orchestrator import errors
from orchestrator import hookspecs as service_hooks
from orchestrator.app import OPERATIONS
from orchestrator.config.settings import OPTIONS
from orchestrator.metrics import Metrics
from orchestrator.openapi.document import document
from orchestrator.status import MOVES, CaseStatus, ExecutionStatus
from pytest_sisyphus import hookspecs


def settings(language):
    zh = language == "zh"
    heads = (
        ["命令行", "环境变量", "TOML 键", "含义"]
        if zh
        else ["command line", "environment", "TOML key", "meaning"]
    )
    rows = [
        [code(one.flag), code(one.variable), code(one.name), said(one.help, language)]
        for one in OPTIONS.values()
    ]
    return table(heads, rows)


def endpoints(language):
    zh = language == "zh"
    described = document(list(OPERATIONS), "/it/api")
    heads = (
        ["方法", "路径", "调用者", "用途", "字段"]
        if zh
        else ["method", "path", "caller", "does", "fields"]
    )
    rows = []
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            fields = dict.fromkeys(fields_of(one, described["components"]["schemas"]))
            rows.append(
                [
                    code(method.upper()),
                    code(path),
                    said(one["tags"][0], language),
                    said(one["summary"], language),
                    code(*fields),
                ]
            )
    return table(heads, rows)


def fields_of(operation, schemas):
    for one in operation.get("parameters", ()):
        if one["in"] == "query":
            yield one["name"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        shown = content["schema"]
        for form in shown.get("anyOf") or shown.get("oneOf") or [shown]:
            name = form.get("$ref", "").rpartition("/")[2]
            yield from schemas.get(name, form).get("properties", {})


def execution_statuses(language):
    return statuses(ExecutionStatus, texts.EXECUTION_STATUSES, language)


def case_statuses(language):
    return statuses(CaseStatus, texts.CASE_STATUSES, language)


def statuses(kind, words, language):
    zh = language == "zh"
    heads = ["编号", "名称", "含义"] if zh else ["number", "name", "meaning"]
    return table(heads, [[f"`{one.value}`", code(one.name), words[one.name][zh]] for one in kind])


def moves(language):
    """The state machine of an execution, from its table: drawn, and in words."""
    zh = language == "zh"
    heads = ["事件", "之前", "之后"] if zh else ["event", "before", "after"]
    rows = [
        [code(event.value), *map(numbers, (move.before, move.after))]
        for event, move in MOVES.items()
    ]
    return f"\n{drawing(language)}\n{table(heads, rows)}"


def numbers(side):
    return ", ".join(f"{one.name} ({one.value})" for one in sorted(side))


def error_codes(language):
    zh = language == "zh"
    heads = ["code", "HTTP", "原因"] if zh else ["code", "HTTP", "why"]
    found = {20000: (200, ["成功" if zh else "done"])}
    for one in subclasses(errors.ServiceError):
        _, why = found.setdefault(one.code, (one.status, []))
        if zh or one.__doc__ in texts.ENGLISH:
            why.append(said(one.__doc__, language))
    joined = "；" if zh else "; "
    rows = [
        [code(number), status, joined.join(dict.fromkeys(why))]
        for number, (status, why) in sorted(found.items())
    ]
    return table(heads, rows)


def subclasses(one):
    yield one
    for other in one.__subclasses__():
        if other.__module__ == errors.__name__:
            yield from subclasses(other)


def categories(language):
    zh = language == "zh"
    heads = ["类别", "含义"] if zh else ["category", "meaning"]
    return table(heads, [[code(name), words[zh]] for name, words in texts.CATEGORIES.items()])


def hooks(language):
    zh = language == "zh"
    heads = ["hook", "带来什么"] if zh else ["hook", "brings"]
    found = [
        (name, hook)
        for module, prefix in ((hookspecs, "pytest_sisyphus_"), (service_hooks, "sisyphus_"))
        for name, hook in vars(module).items()
        if name.startswith(prefix)
    ]
    rows = [
        [
            code(name),
            texts.HOOKS[name]
            if zh
            else inspect.getdoc(hook).split("\n\n")[0].split(". ")[0].rstrip("."),
        ]
        for name, hook in found
    ]
    return table(heads, rows)


def metrics(language):
    zh = language == "zh"
    heads = ["指标", "含义"] if zh else ["metric", "meaning"]
    made = Metrics()
    made.observe(lambda: {0: 0}, lambda: 0)
    rows = [
        [
            code(one.name + ("_total" if one.type == "counter" else "")),
            texts.METRICS[one.name] if zh else one.documentation,
        ]
        for one in made._registry.collect()
    ]
    return table(heads, rows)
