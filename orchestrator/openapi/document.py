"""The OpenAPI 3.1 document, made of the operations that the routes are made of."""

import importlib.metadata
from collections.abc import Sequence
from typing import Any, Final

from orchestrator import errors
from orchestrator.errors import ServiceError
from orchestrator.openapi import field_docs
from orchestrator.openapi.operation_docs import OPERATION_DOCS, OperationDoc
from orchestrator.openapi.schemas import REF, Schema, components, example, query_schema
from orchestrator.routes.operation import AuthScheme, Operation
from orchestrator.schemas import responses

SELF: Final = "/openapi.json"
_TAGS: Final = {
    AuthScheme.FRONTEND: "前端接口",
    AuthScheme.STREAM: "前端接口",
    AuthScheme.CALLBACK: "内部接口",
    AuthScheme.SECRET: "内部接口",
    AuthScheme.PAGE: "页面",
}
_SCHEMES: Final[dict[str, Schema]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "平台登录令牌"},
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
        "description": "该次执行自己的回调令牌",
    },
    "callbackSecret": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CALLBACK-SECRET",
        "description": "服务配置的共享密钥",
    },
    "pageCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sisyphus",
        "description": "由 /page/session 写入；服务端口写在名字里（sisyphus_8000），"
        "https 时带 __Secure- 前缀。仅与 pageHeader 一同有效",
    },
    "pageHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Sisyphus-Page",
        "description": "值为 1；其他站点的页面无法发送",
    },
}
#: each of which opens; schemes of one tuple do so together.
_FRONT: Final = (("bearer",), ("accessToken",), ("token",), ("pageCookie", "pageHeader"))
_SECURITY: Final[dict[AuthScheme, Sequence[Sequence[str]]]] = {
    AuthScheme.FRONTEND: _FRONT,
    AuthScheme.STREAM: (*_FRONT, ("queryToken",)),
    AuthScheme.CALLBACK: (("callbackToken",), ("callbackSecret",)),
    AuthScheme.SECRET: (("callbackSecret",),),
    AuthScheme.PAGE: (),
}
#: what each scheme refuses with a status of its own.
_LOGIN: Final[tuple[type[ServiceError], ...]] = (
    errors.NoToken,
    errors.PermissionDenied,
    errors.TooManyAttempts,
)
_OTHERS: Final[tuple[type[ServiceError], ...]] = (
    errors.InvalidCallbackCredentials,
    errors.BodyTooLarge,
    errors.Unavailable,
)
_REFUSALS: Final[dict[AuthScheme, Sequence[type[ServiceError]]]] = {
    AuthScheme.FRONTEND: _LOGIN,
    AuthScheme.STREAM: _LOGIN,
    AuthScheme.PAGE: _LOGIN,
    AuthScheme.CALLBACK: (errors.InvalidCallbackCredentials, errors.TooManyAttempts),
    AuthScheme.SECRET: (errors.InvalidCallbackCredentials, errors.TooManyAttempts),
}
_TEXT: Final = f"""\
启动自动化执行、跟踪执行过程的服务。所有返回均为 `{{"code", "msg", "data"}}`，`20000` 表示成功；
业务失败对前端返回 HTTP 200 与其他 code，对内部接口同时使用 HTTP 状态码。
请求字段同时接受驼峰与下划线写法，数字可为数字字符串，未知字段忽略。
`msg`、警告与原因为中文；请求头 `Accept-Language` 更偏好英文时为英文，见响应头 `Content-Language`。

执行主单状态：{field_docs.EXECUTION_STATUS}。

用例状态：{field_docs.CASE_STATUS}。
"""


_ITSELF: Final[Schema] = {
    "operationId": "openapi",
    "summary": "本文档",
    "tags": ["说明"],
    "security": [],
    "responses": {
        "200": {
            "description": "OpenAPI 3.1",
            "content": {
                "application/json": {"schema": {"type": "object", "required": ["openapi"]}}
            },
        }
    },
}


def document(operations: Sequence[Operation[Any]], prefix: str) -> Schema:
    models: list[Any] = []
    for operation in operations:
        models += operation.request_model.variants()
        models += OPERATION_DOCS[operation.path].answers
    parts = components(models) | _failures()
    paths: dict[str, Schema] = {SELF: {"get": _ITSELF}}
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


def _described(operation: Operation[Any], parts: dict[str, Schema]) -> Schema:
    doc = OPERATION_DOCS[operation.path]
    first, *rest = operation.path.removeprefix("/automation").replace("/", " ").split()
    described: dict[str, Any] = {
        "operationId": first + "".join(word.capitalize() for word in rest),
        "summary": doc.title,
        "description": doc.text or None,
        "tags": [_TAGS[operation.auth]],
        "security": [{name: [] for name in names} for names in _SECURITY[operation.auth]],
        "parameters": _parameters(operation, doc, parts) or None,
        "requestBody": _body(operation, parts) if operation.method == "POST" else None,
        "responses": _responses(operation, doc, parts),
    }
    return {key: value for key, value in described.items() if value is not None}


def _parameters(
    operation: Operation[Any], doc: OperationDoc, parts: dict[str, Schema]
) -> list[Schema]:
    text = "同一请求的重复提交只执行一次；用于另一个请求则拒绝"
    found = [_header("Idempotency-Key", text)] if doc.runs else []
    if operation.method != "GET":
        return found
    model = parts[operation.request_model.__name__]
    for name, schema in model["properties"].items():
        required = name in model.get("required", ())
        shown = query_schema(schema)
        text, given = shown.pop("description", ""), shown.pop("examples", None)
        parameter = {"name": name, "in": "query", "required": required, "schema": shown}
        parameter |= {"description": text} if text else {}
        found.append(parameter | ({"example": given[0]} if given else {}))
    headers = operation.headers.items()
    return found + [_header(name.title(), f"同参数 {field}") for name, field in headers]


def _header(name: str, text: str) -> Schema:
    # printable ASCII: what a header can carry
    schema = {"type": "string", "pattern": "^[!-~]*$", "maxLength": 255}
    return {"name": name, "in": "header", "schema": schema, "description": text}


def _body(operation: Operation[Any], parts: dict[str, Schema]) -> Schema:
    refs = [{"$ref": REF + model.__name__} for model in operation.request_model.variants()]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    needed = all(parts[m.__name__].get("required") for m in operation.request_model.variants())
    content = {"schema": schema, "example": example(refs[0], parts)}
    return {"required": needed, "content": {"application/json": content}}


def _responses(operation: Operation[Any], doc: OperationDoc, parts: dict[str, Schema]) -> Schema:
    internal = operation.auth.is_internal
    in_envelope = []  # what the frontend is refused with HTTP 200
    if not internal:
        in_envelope += ["BadRequest"]
        in_envelope += ["Conflict"] if operation.method == "POST" else []
        in_envelope += ["TriggerFailed"] if doc.runs else []
    failed = [{"$ref": REF + name} for name in in_envelope]
    found = {"200": _ok(operation, doc, parts, failed)}
    if operation.auth is AuthScheme.STREAM:
        found["204"] = {"description": "执行已结束，没有更多事件"}
    if internal:
        found["409"] = _failure("RunnerConflict", "当前状态不允许该操作")
        found["422"] = _failure("BadRequest", "参数错误")
    if operation.method == "POST":
        found["413"] = _refusal(errors.BodyTooLarge)
    for refusal in _REFUSALS[operation.auth]:
        found[str(refusal.status)] = _refusal(refusal)
    found["500"] = _failure("InternalError", "服务内部错误")
    found["503"] = _refusal(errors.Unavailable)
    return found


def _ok(
    operation: Operation[Any], doc: OperationDoc, parts: dict[str, Schema], failed: list[Schema]
) -> Schema:
    refs = [{"$ref": REF + _component(model, parts)} for model in doc.answers]
    if operation.auth is AuthScheme.STREAM:
        content: Schema = {
            "text/event-stream": {"schema": {"type": "string"}},
            "application/json": {"schema": {"anyOf": failed}},
        }
        return {"description": "事件流；失败时为 JSON", "content": content}
    data = refs[0] if len(refs) == 1 else {"anyOf": refs}
    success = _envelope({"const": 20000}, {"const": "success"}, data)
    shown = {"code": 20000, "msg": "success", "data": example(refs[0], parts) | doc.shown}
    schema = {"anyOf": [success, *failed]} if failed else success
    body = {"application/json": {"schema": schema, "example": shown}}
    return {"description": "成功，或 code 说明的业务失败" if failed else "成功", "content": body}


def _component(model: type[responses.ResponseModel], parts: dict[str, Schema]) -> str:
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
    to_runner = {
        "required": [*way["required"], "execution_status"],
        "properties": {**way["properties"], "execution_status": status},
    }
    found = {
        "BadRequest": _envelope({"enum": [40009, 40011]}, text, nothing_or_more),
        "Conflict": _envelope({"const": 40010}, text, way),
        "RunnerConflict": _envelope({"const": 40010}, text, way | to_runner),
        "TriggerFailed": _envelope({"const": 50002}, text, {"$ref": f"{REF}ExecutionRow"}),
        "InternalError": _envelope({"const": 50000}, text, {"type": "null"}),
    }
    for refusal in (*_LOGIN, *_OTHERS):
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
