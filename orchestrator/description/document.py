"""The OpenAPI 3.1 document, made of the operations that the routes are made of."""

import importlib.metadata
from collections.abc import Iterable, Sequence
from typing import Any, Final

from orchestrator import errors
from orchestrator.errors import ServiceError
from orchestrator.routes.operation import Door, Operation
from orchestrator.shapes import answers

from . import glossary
from .entries import ENTRIES, Entry
from .schemas import REF, Schema, components, example, query_schema

SELF: Final = "/openapi.json"
_TAGS: Final = {
    Door.FRONT: "前端接口",
    Door.STREAM: "前端接口",
    Door.CALLBACK: "内部接口",
    Door.SECRET: "内部接口",
}
_SCHEMES: Final[dict[str, Schema]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "平台登录凭证"},
    "accessToken": {"type": "apiKey", "in": "header", "name": "accessToken"},
    "token": {"type": "apiKey", "in": "header", "name": "token"},
    "queryToken": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "仅用于 EventSource；不会写入日志，反向代理也不应记录",
    },
    "callbackToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CALLBACK-TOKEN",
        "description": "该次执行自己的回调凭证",
    },
    "callbackSecret": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CALLBACK-SECRET",
        "description": "服务配置的共享密钥",
    },
}
_FRONT: Final = ("bearer", "accessToken", "token")
_SECURITY: Final = {
    Door.FRONT: _FRONT,
    Door.STREAM: (*_FRONT, "queryToken"),
    Door.CALLBACK: ("callbackToken", "callbackSecret"),
    Door.SECRET: ("callbackSecret",),
}
#: what each door refuses with a status of its own.
_LOGIN: Final = (errors.NoToken, errors.NotAllowed, errors.TooManyAttempts)
_REFUSALS: Final[dict[Door, Sequence[type[ServiceError]]]] = {
    Door.FRONT: _LOGIN,
    Door.STREAM: _LOGIN,
    Door.CALLBACK: (errors.Forbidden, errors.TooManyAttempts),
    Door.SECRET: (errors.Forbidden, errors.TooManyAttempts),
}
_INTERNAL: Final = (Door.CALLBACK, Door.SECRET)
_TEXT: Final = f"""\
启动自动化执行、跟踪执行过程的服务。所有返回均为 `{{"code", "msg", "data"}}`，`20000` 表示成功；
业务失败对前端返回 HTTP 200 与其他 code，对内部接口同时使用 HTTP 状态码。
请求字段同时接受驼峰与下划线写法，数字可为数字字符串，未知字段忽略。

执行主单状态：{glossary.EXECUTION_STATUS}。

用例状态：{glossary.CASE_STATUS}。
"""


def document(operations: Sequence[Operation[Any]], prefix: str) -> Schema:
    parts = components(_models(operations)) | _failures()
    paths: dict[str, Schema] = {SELF: {"get": _itself()}}
    for operation in operations:
        paths[operation.path] = {operation.method.lower(): _described(operation, parts)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "自动化执行接口",
            "version": importlib.metadata.version("pytest-sisyphus"),
            "description": _TEXT,
        },
        "servers": [{"url": prefix}],
        "tags": [{"name": name} for name in (*dict.fromkeys(_TAGS.values()), "说明")],
        "paths": paths,
        "components": {"schemas": parts, "securitySchemes": _SCHEMES},
    }


def _models(operations: Iterable[Operation[Any]]) -> Iterable[Any]:
    for operation in operations:
        yield from operation.shape.described()
        yield from ENTRIES[operation.path].answers


def _itself() -> Schema:
    body = {"application/json": {"schema": {"type": "object", "required": ["openapi"]}}}
    return {
        "operationId": "openapi",
        "summary": "本文档",
        "tags": ["说明"],
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1", "content": body}},
    }


def _described(operation: Operation[Any], parts: dict[str, Schema]) -> Schema:
    entry = ENTRIES[operation.path]
    told: dict[str, Any] = {
        "operationId": _name(operation.path),
        "summary": entry.title,
        "description": entry.text or None,
        "tags": [_TAGS[operation.door]],
        "security": [{name: []} for name in _SECURITY[operation.door]],
        "parameters": _parameters(operation, entry, parts) or None,
        "requestBody": _body(operation, parts) if operation.method == "POST" else None,
        "responses": _responses(operation, entry, parts),
    }
    return {key: value for key, value in told.items() if value is not None}


def _name(path: str) -> str:
    first, *rest = path.removeprefix("/automation/").replace("/", " ").split()
    return first + "".join(word.capitalize() for word in rest)


def _parameters(operation: Operation[Any], entry: Entry, parts: dict[str, Schema]) -> list[Schema]:
    text = "同一请求的重复提交只执行一次；用于另一个请求则拒绝"
    found = [_header("Idempotency-Key", text)] if entry.runs else []
    if operation.method != "GET":
        return found
    model = parts[operation.shape.__name__]
    for name, schema in model["properties"].items():
        required = name in model.get("required", ())
        shown = query_schema(schema)
        text, given = shown.pop("description", ""), shown.pop("examples", None)
        parameter = {"name": name, "in": "query", "required": required, "schema": shown}
        parameter |= {"description": text} if text else {}
        found.append(parameter | ({"example": given[0]} if given else {}))
    told = operation.headers.items()
    return found + [_header(name.title(), f"同参数 {field}") for name, field in told]


def _header(name: str, text: str) -> Schema:
    # printable ASCII: what a header can carry
    schema = {"type": "string", "pattern": "^[!-~]*$", "maxLength": 255}
    return {"name": name, "in": "header", "schema": schema, "description": text}


def _body(operation: Operation[Any], parts: dict[str, Schema]) -> Schema:
    refs = [{"$ref": REF + model.__name__} for model in operation.shape.described()]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    needed = all(parts[m.__name__].get("required") for m in operation.shape.described())
    content = {"schema": schema, "example": example(refs[0], parts)}
    return {"required": needed, "content": {"application/json": content}}


def _responses(operation: Operation[Any], entry: Entry, parts: dict[str, Schema]) -> Schema:
    internal = operation.door in _INTERNAL
    failed = [] if internal else _in_envelope(operation, entry)
    found = {"200": _ok(operation, entry, parts, failed)}
    if operation.door is Door.STREAM:
        found["204"] = {"description": "执行已结束，没有更多事件"}
    if internal:
        found["409"] = _failure("RunnerConflict", "当前状态不允许该操作")
        found["422"] = _failure("BadRequest", "参数错误")
    if operation.method == "POST":
        found["413"] = _refusal(errors.BodyTooLarge)
    for refusal in _REFUSALS[operation.door]:
        found[str(refusal.status)] = _refusal(refusal)
    found["500"] = _failure("InternalError", "服务内部错误")
    found["503"] = _refusal(errors.Unavailable)
    return found


def _in_envelope(operation: Operation[Any], entry: Entry) -> list[Schema]:
    """What the frontend is refused with HTTP 200."""
    names = ["BadRequest"]
    names += ["Conflict"] if operation.method == "POST" else []
    names += ["TriggerFailed"] if entry.runs else []
    return [{"$ref": REF + name} for name in names]


def _ok(
    operation: Operation[Any], entry: Entry, parts: dict[str, Schema], failed: list[Schema]
) -> Schema:
    refs = [{"$ref": REF + _component(model, parts)} for model in entry.answers]
    if operation.door is Door.STREAM:
        content: Schema = {
            "text/event-stream": {"schema": {"type": "string"}},
            "application/json": {"schema": {"anyOf": failed}},
        }
        return {"description": "事件流；失败时为 JSON", "content": content}
    data = refs[0] if len(refs) == 1 else {"anyOf": refs}
    success = _envelope({"const": 20000}, {"const": "success"}, data)
    shown = {"code": 20000, "msg": "success", "data": example(refs[0], parts) | entry.shown}
    schema = {"anyOf": [success, *failed]} if failed else success
    body = {"application/json": {"schema": schema, "example": shown}}
    return {"description": "成功，或 code 说明的业务失败" if failed else "成功", "content": body}


def _component(model: type[answers.Answer], parts: dict[str, Schema]) -> str:
    """The name under which pydantic put it: `Rows[CaseRow]` is `Rows_CaseRow_`."""
    name = model.__name__.replace("[", "_").replace("]", "_")
    if name not in parts:
        raise KeyError(f"{model.__name__} has no component; there are {sorted(parts)}")
    return name


def _envelope(code: Schema, msg: Schema, data: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["code", "msg", "data"],
        "properties": {"code": code, "msg": msg, "data": data},
    }


def _failures() -> dict[str, Schema]:
    """The envelopes of what is refused; `data` says what is in the way."""
    text = {"type": "string"}
    nothing_or_more = {"type": ["object", "null"]}
    status = {"type": "integer", "minimum": 0, "maximum": 8}
    way: Schema = {
        "type": "object",
        "required": ["execution_id", "status"],
        "properties": {"execution_id": {"type": "integer"}, "status": status},
    }
    told = {
        "required": [*way["required"], "execution_status"],
        "properties": {**way["properties"], "execution_status": status},
    }
    found = {
        "BadRequest": _envelope({"enum": [40009, 40011]}, text, nothing_or_more),
        "Conflict": _envelope({"const": 40010}, text, way),
        "RunnerConflict": _envelope({"const": 40010}, text, way | told),
        "TriggerFailed": _envelope({"const": 50002}, text, {"$ref": f"{REF}ExecutionRow"}),
        "InternalError": _envelope({"const": 50000}, text, {"type": "null"}),
    }
    for refusal in {*_LOGIN, errors.Forbidden, errors.BodyTooLarge, errors.Unavailable}:
        found[refusal.__name__] = _envelope({"const": refusal.code}, text, nothing_or_more)
    return dict(sorted(found.items()))


def _refusal(refusal: type[ServiceError]) -> Schema:
    described = _failure(refusal.__name__, refusal.__doc__ or "")
    headers = {name: {"schema": {"type": "string"}} for name in refusal.headers}
    return described | ({"headers": headers} if headers else {})


def _failure(name: str, text: str) -> Schema:
    return {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": REF + name}}},
    }
