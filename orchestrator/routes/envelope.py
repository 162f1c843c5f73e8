"""The envelope of every answer under the prefix: `code`, `msg`, `data`."""

import gzip
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orchestrator.content_encoding import accepts_gzip
from orchestrator.errors import ServiceError

log = logging.getLogger("sisyphus.http")

_TRANSPORT: Final = {404: (40400, "接口不存在"), 405: (40500, "请求方法不支持")}


#: bytes of an answer that is worth the work, and how much work: 2 MB of rows take 12 ms.
_WORTH: Final = 8 * 1024
_LEVEL: Final = 6


def compressed(answer: Response, headers: Headers) -> Response:
    """As small as its reader takes it, where that is worth it; nothing for an event loop."""
    if len(answer.body) <= _WORTH or not accepts_gzip(headers.get("accept-encoding", "")):
        return answer
    small = gzip.compress(answer.body, _LEVEL, mtime=0)
    more = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(small, answer.status_code, more, answer.media_type)


def _envelope(
    code: int, msg: str, data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"code": code, "msg": msg, "data": data}, status, headers)


def ok(data: Any) -> JSONResponse:
    return _envelope(20000, "success", data)


def refused(error: ServiceError, data: Any, *, by_status: bool) -> JSONResponse:
    """`by_status`: also business failures show in the HTTP status (the internal endpoints)."""
    status = error.status if by_status or error.transport else 200
    return _envelope(error.code, str(error), data, status, error.headers)


async def not_served(_request: Request, error: Exception) -> JSONResponse:
    """No such path, wrong method, and what else Starlette refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, msg = _TRANSPORT.get(status, (status * 100, "请求无法处理"))
    return _envelope(code, msg, None, status, getattr(error, "headers", None))


def request_id(request: Request) -> str:
    """Made once per request; in the log and in the `msg` of an internal error."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = secrets.token_hex(8)
    return str(request.state.request_id)


async def internal_error(request: Request, error: Exception) -> JSONResponse:
    number = request_id(request)
    log.error("request %s failed", number, exc_info=error)
    return _envelope(50000, f"服务内部错误（请求编号 {number}）", None, 500)
