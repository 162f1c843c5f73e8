"""The page's files, read once: the shell by every address of the page, the rest by content.

The address of a file holds a sum of all files, so that a browser keeps it for ever and asks for
another as soon as anything has changed.
"""

import dataclasses
import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from string import Template
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.content_encoding import accepts_gzip
from orchestrator.i18n.english import STORED

_FOLDER: Final = Path(__file__).parent
STATIC: Final = _FOLDER / "static"
#: what is loaded before anything is seen; whatever these import comes with them.
_FIRST: Final = ("app/main.js", "app/list.js")
_IMPORT: Final = re.compile(r'(?:\bfrom|^import) ?"(\.[^"]+)"', re.MULTILINE)
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
#: first words of the page's addresses; what is shown, and that there is no such thing, the browser
#: decides.
ROOMS: Final = ("executions", "cases", "plans", "run", "queue", "sign-in")
_SHELL_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            *(f"{kind}-src 'self'" for kind in ("script", "style", "connect")),
            "img-src 'self' data:",
            *(f"{word} 'none'" for word in ("base-uri", "form-action", "frame-ancestors")),
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_KEPT_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclasses.dataclass(frozen=True)
class _File:
    content: bytes
    compressed: bytes
    media_type: str

    def response(self, request: Request, headers: Mapping[str, str]) -> Response:
        vary = {"Vary": "Accept-Encoding", **headers}
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            vary |= {"Content-Encoding": "gzip"}
            return Response(self.compressed, media_type=self.media_type, headers=vary)
        return Response(self.content, media_type=self.media_type, headers=vary)


def _file(content: bytes, name: str) -> _File:
    return _File(content, gzip.compress(content, mtime=0), _TYPES[posixpath.splitext(name)[1]])


class Page:
    """The files of the page, read once."""

    def __init__(self) -> None:
        contents = {
            path.relative_to(STATIC).as_posix(): path.read_bytes()
            for path in sorted(STATIC.rglob("*"))
            if path.is_file()
        }
        contents["texts/service.en.json"] = json.dumps(STORED, ensure_ascii=False).encode()
        digest = hashlib.sha256()
        for name, content in contents.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        self._base = f"/page/{digest.hexdigest()[:12]}/"
        self._shell = _file(_shell(contents, self._base).encode(), "shell.html")
        self._files = {name: _file(content, name) for name, content in contents.items()}

    def shell(self, request: Request, status: int = 200) -> Response:
        response = self._shell.response(request, _SHELL_HEADERS)
        response.status_code = status
        return response

    def routes(self) -> list[Route]:
        async def page(request: Request) -> Response:
            return self.shell(request)

        async def file(request: Request) -> Response:
            found = self._files.get(request.path_params["name"])
            if found is None:
                raise HTTPException(404)
            return found.response(request, _KEPT_FOR_EVER)

        async def home(_request: Request) -> Response:
            return RedirectResponse("/executions")

        return [
            Route("/", home),
            *(Route(f"/{room}{rest}", page) for room in ROOMS for rest in ("", "/{rest:path}")),
            Route(f"{self._base}{{name:path}}", file),
        ]

    def nowhere(self, otherwise: ASGIApp, *, but: Collection[str]) -> ASGIApp:
        """Answers where no route does: people get the page, which says that there is no such one;
        `otherwise` answers programs, and whatever lies below the paths `but`."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
                await otherwise(scope, receive, send)
                return
            request = Request(scope)
            is_below = any(f"{scope['path']}/".startswith(f"{path}/") for path in but)
            if is_below or not is_a_person(request):
                await otherwise(scope, receive, send)
                return
            await self.shell(request, 404)(scope, receive, send)

        return answer


def is_a_person(request: Request) -> bool:
    """With a browser: programs do not ask for HTML."""
    return "text/html" in request.headers.get("accept", "")


def _shell(contents: Mapping[str, bytes], base: str) -> str:
    early = "\n".join(
        f'<link rel="modulepreload" href="{base}{name}">' for name in _needed(contents)
    )
    text = (_FOLDER / "shell.html").read_text(encoding="utf-8")
    return Template(text).substitute(base=base, early=early)


def _needed(contents: Mapping[str, bytes]) -> list[str]:
    """The first modules and all that they import, in the order in which they are met."""
    met = dict.fromkeys(_FIRST)
    queue = list(_FIRST)
    while queue:
        name = queue.pop(0)
        for match in _IMPORT.finditer(contents[name].decode()):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(name), match[1]))
            if other not in met:
                met[other] = None
                queue.append(other)
    return list(met)
