"""Which format is written by whom: the one table."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from ..options import ReportRequest
from .sink import Sink

Shape = Literal["file", "folder"]


class Refused(Exception):  # noqa: N818 - an answer to the one who asked
    """A report that cannot be written, in one sentence."""


#: (format, shape) → "module:class", then its arguments by name "module:name".
_SINKS: Final[Mapping[tuple[str, Shape], tuple[str, Mapping[str, str]]]] = {
    ("json", "file"): ("json_file:JsonFile", {}),
    ("json", "folder"): ("json_file:JsonFolder", {}),
    ("json-compact", "file"): ("json_file:JsonFile", {"texts": "json_file:compact"}),
    ("json-compact", "folder"): ("json_file:JsonFolder", {"texts": "json_file:compact"}),
    ("csv", "file"): ("csv_file:CsvFile", {}),
    ("csv-compact", "file"): ("csv_file:CsvFile", {"columns": "csv_file:COMPACT"}),
    ("html", "file"): ("html_page:HtmlPage", {}),
    ("junit", "file"): ("junit:JUnitFile", {}),
    ("allure", "folder"): ("allure:AllureFolder", {}),
}


def sink_for(request: ReportRequest, *, base: Path, lang: str) -> Sink:
    """Opened: what can be known to go wrong has not gone wrong. Raises Refused."""
    path = base / request.path.expanduser()
    sink = _made(request, path, lang)
    try:
        sink.open()
    except OSError as error:
        sink.discard()
        reason = f"{error.strerror or error}{_hint(request, path)}"
        raise Refused(f"{request.format}:{request.path}: cannot write it: {reason}") from error
    return sink


def _made(request: ReportRequest, path: Path, lang: str) -> Sink:
    shape: Shape = "folder" if request.is_folder or request.format == "allure" else "file"
    if (request.format, shape) not in _SINKS:
        raise Refused(
            f"{request.format}:{request.path}/: {request.format} writes one file; "
            "the path may not end in a slash"
        )
    name, arguments = _SINKS[request.format, shape]
    extra = {"lang": lang} if request.format == "html" else {}
    try:
        make: Callable[..., Sink] = _load(name)
    except ModuleNotFoundError as error:
        raise Refused(
            f"{request.format}:{request.path}: needs {error.name}: "
            f"pip install 'pytest-sisyphus[{request.format}]'"
        ) from error
    return make(path, **{key: _load(value) for key, value in arguments.items()}, **extra)


def _load(name: str) -> Any:
    """Only what is asked for is imported: a format may need a library."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(f".{module}", __package__), attribute)


def _hint(request: ReportRequest, path: Path) -> str:
    if path.is_dir() and (request.format, "folder") in _SINKS:
        return f" ({request.format}:{request.path}/ writes one file for each case)"
    return ""
