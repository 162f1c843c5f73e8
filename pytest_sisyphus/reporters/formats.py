"""Which reporter writes which format."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pytest_sisyphus.config.option_types import ReportRequest
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.reporters.reporter import Reporter

Shape = Literal["file", "folder"]


class ReportRefused(Exception):  # noqa: N818 - an answer to the one who asked
    """Why a report cannot be written, in one sentence."""


#: (format, shape) → "module:class", then its arguments by name "module:name".
_REPORTERS: Final[Mapping[tuple[str, Shape], tuple[str, Mapping[str, str]]]] = {
    ("json", "file"): ("json_file:JsonFile", {}),
    ("json", "folder"): ("json_file:JsonFolder", {}),
    ("json-compact", "file"): ("json_file:JsonFile", {"entries": "json_file:compact"}),
    ("json-compact", "folder"): ("json_file:JsonFolder", {"entries": "json_file:compact"}),
    ("csv", "file"): ("csv_file:CsvFile", {}),
    ("csv-compact", "file"): ("csv_file:CsvFile", {"columns": "csv_file:COMPACT"}),
    ("html", "file"): ("html.file:HtmlPage", {}),
    ("junit", "file"): ("junit:JUnitFile", {}),
    ("allure", "folder"): ("allure.folder:AllureFolder", {}),
}


def open_reporter(request: ReportRequest, *, base: Path, lang: str) -> Reporter:
    """`base`: where a relative path begins. Raises ReportRefused."""
    path = base / request.path.expanduser()
    reporter = _create(request, path, lang)
    try:
        reporter.open()
    except OSError as error:
        reporter.discard()
        reason = of_library(error.strerror or str(error))
        if path.is_dir() and (request.format, "folder") in _REPORTERS:
            reason += tr(
                " ({format}:{path}/ writes one file for each case)",
                format=request.format,
                path=request.path,
            )
        raise ReportRefused(
            tr(
                "{format}:{path}: cannot write it: {reason}",
                format=request.format,
                path=request.path,
                reason=reason,
            )
        ) from error
    return reporter


def _create(request: ReportRequest, path: Path, lang: str) -> Reporter:
    shape: Shape = "folder" if request.is_folder or request.format == "allure" else "file"
    if (request.format, shape) not in _REPORTERS:
        raise ReportRefused(
            tr(
                "{format}:{path}/: {format} writes one file; the path may not end in a slash",
                format=request.format,
                path=request.path,
            )
        )
    name, arguments = _REPORTERS[request.format, shape]
    extra = {"lang": lang} if request.format == "html" else {}
    try:
        make: Callable[..., Reporter] = _load(name)
    except ModuleNotFoundError as error:
        raise ReportRefused(
            tr(
                "{format}:{path}: needs {name}: pip install 'pytest-sisyphus[{format}]'",
                format=request.format,
                path=request.path,
                name=error.name,
            )
        ) from error
    return make(path, **{key: _load(value) for key, value in arguments.items()}, **extra)


def _load(name: str) -> Any:
    """Only what is asked for is imported: a format may need a library."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), attribute)
