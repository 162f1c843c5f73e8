"""The envelope of every answer under the prefix: `code`, `msg`, `data`."""

import gzip
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from orchestrator.content_encoding import accepts_gzip
from orchestrator.errors import ServiceError
from orchestrator.i18n import Language, in_language, preferred_language, tr

log = logging.getLogger("sisyphus.http")

_TRANSPORT: Final = {404: (40400, tr("接口不存在")), 405: (40500, tr("请求方法不支持"))}


#: bytes of an answer that is worth the work, and how much work: 2 MB of rows take 12 ms.
_WORTH: Final = 8 * 1024
_LEVEL: Final = 6


def compressed(answer: Response, headers: Headers) -> Response:
    """As small as its reader takes it, where that is worth it; nothing for an event loop."""
    if len(answer.body) <= _WORTH or not accepts_gzip(headers.get("accept-encoding", "")):
        return answer
    small = gzip.compress(answer.body, _LEVEL, mtime=0)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers.add_vary_header("Accept-Encoding")
    answer.headers["Content-Length"] = str(len(small))
    answer.body = small
    return answer


def asked_language(headers: Headers) -> Language:
    """The one that the request wants its answer in."""
    return preferred_language(",".join(headers.getlist("accept-language")))


def in_words(language: Language, headers: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The headers of an answer with words that depend on who asks."""
    return {**(headers or {}), "Content-Language": language, "Vary": "Accept-Language"}


def _envelope(
    code: int,
    msg: str,
    data: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    language: Language | None,
) -> JSONResponse:
    answer = {"code": code, "msg": msg, "data": data}
    if language is None:
        return JSONResponse(answer, status, headers)
    return JSONResponse(in_language(answer, language), status, in_words(language, headers))


def ok(data: Any, language: Language | None = None) -> JSONResponse:
    """`language`: of the words in it; None where it has none."""
    return _envelope(20000, "success", data, language=language)


def refused(error: ServiceError, data: Any, *, by_status: bool, language: Language) -> JSONResponse:
    """`by_status`: also business failures show in the HTTP status (the internal endpoints)."""
    status = error.status if by_status or error.transport else 200
    return _envelope(error.code, error.message, data, status, error.headers, language=language)


def refused_in_text(error: ServiceError, headers: Headers) -> Response:
    """Outside the envelope."""
    return in_text(error.message, headers, error.status, error.headers)


def in_text(
    said: str, headers: Headers, status: int, more: Mapping[str, str] | None = None
) -> Response:
    """A line for people."""
    language = asked_language(headers)
    text = f"{in_language(said, language)}\n"
    return PlainTextResponse(text, status, in_words(language, more))


async def not_served(request: Request, error: Exception) -> JSONResponse:
    """No such path, wrong method, and what else Starlette refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, msg = _TRANSPORT.get(status, (status * 100, tr("请求无法处理")))
    request.state.code = code  # for the request's line of log
    headers, language = getattr(error, "headers", None), asked_language(request.headers)
    return _envelope(code, msg, None, status, headers, language=language)


def request_id(request: Request) -> str:
    """Made once per request; in the log and in the `msg` of an internal error."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = secrets.token_hex(8)
    return str(request.state.request_id)


async def internal_error(request: Request, error: Exception) -> JSONResponse:
    number = request_id(request)
    log.error("request %s failed", number, exc_info=error)
    msg = tr("服务内部错误（请求编号 {number}）", number=number)
    return _envelope(50000, msg, None, 500, language=asked_language(request.headers))
