"""How pytest shows that a case, or a fixture of it, failed."""

import builtins
import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Final

import pytest

from pytest_sisyphus.documents.failure_text import (
    crash_location,
    failure_text,
    files_in,
    is_assertion,
    summary_line,
)
from pytest_sisyphus.nodes.display_path import with_local_paths

#: how often `-v` is given.
_WITH_HEADERS: Final = 2


class CaseFailed(Exception):  # noqa: N818 - an outcome, as pytest's own Failed
    """Carries the masked document to the report."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(summary_line(document))
        self.document = document


def case_failed(document: dict[str, Any]) -> CaseFailed:
    """The exception of a failed case. Its class has the name of the error's type, and is a subclass
    of that type where Python has it: other plugins tell a failed check from a lost connection."""
    info = document.get("error_info") or {}
    return _class_of(str(info.get("type", CaseFailed.__name__)), is_assertion(document))(document)


@functools.cache
def _class_of(name: str, asserts: bool) -> type[CaseFailed]:
    known = AssertionError if asserts else getattr(builtins, name, None)
    is_kind = isinstance(known, type) and issubclass(known, Exception)
    return type(name, (CaseFailed, known) if is_kind else (CaseFailed,), {})  # type: ignore[arg-type]


def failure_repr(
    excinfo: pytest.ExceptionInfo[BaseException], document: dict[str, Any], config: pytest.Config
) -> Any:
    """The failure's text, where pytest and its plugins look for a traceback, with the location
    that `--tb=line` and the short summary show."""
    headers = config.get_verbosity() >= _WITH_HEADERS
    text = failure_text(document, headers=headers)
    text = with_local_paths(text, files_in(document), config)
    shown: Any = excinfo.getrepr(style="native")
    if shown.reprcrash is None:
        return text
    if config.getoption("tbstyle", "auto") == "line":
        text = text.partition("\n")[0]
    file, line = crash_location(document)
    crash = dataclasses.replace(
        shown.reprcrash,
        path=str(config.rootpath / file),
        lineno=line,
        message=str(excinfo.value),
    )
    _replace_traceback(shown, text, crash)
    return shown


def masked_failure_repr(
    failure: Any, excinfo: pytest.ExceptionInfo[BaseException], mask: Callable[[Any], Any]
) -> Any:
    """How a fixture failed, masked: pytest's own `failure` if nothing in it is secret, else a text
    in a form that pytest can show."""
    if isinstance(failure, tuple):  # it skips: file, line and why
        return (*failure[:2], mask(failure[2]))
    text = str(failure)
    masked = mask(text)
    if masked == text:
        return failure
    shown: Any = excinfo.getrepr(style="native")
    if isinstance(failure, str) or shown.reprcrash is None:
        return masked
    message = mask(shown.reprcrash.message)
    _replace_traceback(shown, masked, dataclasses.replace(shown.reprcrash, message=message))
    return shown


def _replace_traceback(shown: Any, text: str, crash: Any) -> None:
    """`shown`: in pytest's native form, whose traceback is one entry."""
    entry = dataclasses.replace(shown.reprtraceback.reprentries[0], lines=[text + "\n"])
    shown.reprtraceback.reprentries = [entry]
    shown.reprcrash = crash
